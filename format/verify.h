// Looks at every byte of a tape: checksums, whether each block holds what it should, every id, the order, and whether
// the index says what the events come to. What a reader takes on trust until it needs it is done here at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "format/conservation.h"
#include "format/reader.h"

namespace heaptape {

struct Verification {
  Condition condition = Condition::whole;
  std::vector<Damage> faults;                    // in order of place; a block's is that of its header
  std::uint64_t bytes = 0;                       // of the file
  std::uint64_t torn_bytes = 0;                  // at the end of a cut tape, of no whole block
  std::uint64_t blocks = 0, unknown_blocks = 0;  // unknown: of a kind of a later version, their checksums hold
  std::uint64_t events = 0;
  std::optional<Conservation>
      conservation;  // where the tape says what its events came from; faults() are among `faults`
};

// Is told how many of the file's bytes are done.
using VerifyProgress = std::function<void(std::uint64_t done, std::uint64_t bytes)>;

// Memory: one block of events, definitions, live blocks. Throws TapeError where the file is no tape at all.
Verification verify_tape(const std::string& path, const VerifyProgress& progress = {});

}  // namespace heaptape
