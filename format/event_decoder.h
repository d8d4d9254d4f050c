// Unpacks a block of events that anyone may have made. Each id in the events is checked against the
// definitions, so that what comes out may be used as an index.
#pragma once

#include <cstdint>
#include <string_view>

#include "format/decoded_block.h"
#include "format/definitions.h"

namespace heaptape {

// Which ids there are, for whoever decodes what it has written itself: all below a number.
struct IdLimits {
  struct Below {
    std::uint32_t end = 0;
    bool knows(std::uint64_t id) const { return id < end; }
    std::uint64_t known_below() const { return end; }
  };
  Below frames, threads, texts, variables;
};

// Of what block.raw holds. False: `reason` says what is wrong, and there are no events.
[[nodiscard]] bool decode_events(DecodedBlock& block, const Definitions& definitions, std::string_view& reason);
[[nodiscard]] bool decode_events(DecodedBlock& block, const IdLimits& ids, std::string_view& reason);

}  // namespace heaptape
