// Unpacks a block of events that anyone may have made. Each id in the events is checked against the
// definitions, so that what comes out may be used as an index.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "format/block.h"
#include "format/definitions.h"
#include "format/event.h"

namespace heaptape {

// Which ids there are, for whoever decodes what it has written itself: all below a number.
struct IdLimits {
  struct Below {
    std::uint32_t end = 0;
    bool knows(std::uint64_t id) const { return id < end; }
  };
  Below frames, threads, texts, variables;
};

// Replaces `events`. False: `reason` says what is wrong, and `events` is empty.
[[nodiscard]] bool decode_events(Bytes raw, const Definitions& definitions, std::vector<Event>& events,
                                 std::uint64_t& first_event, std::string_view& reason);
[[nodiscard]] bool decode_events(Bytes raw, const IdLimits& ids, std::vector<Event>& events, std::uint64_t& first_event,
                                 std::string_view& reason);

}  // namespace heaptape
