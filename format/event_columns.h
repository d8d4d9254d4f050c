// The columns of a block of events, as they lie in its FlatBuffer. FORMAT.md says what is in them.
#pragma once

#include <cstdint>
#include <string_view>

#include "format/block.h"
#include "format/varint.h"

namespace heaptape {

struct EventColumns {
  std::uint8_t coding = 0;  // kPlainCoding or kHabitCoding
  std::uint32_t count = 0;  // of events: 1 to kMaxEventsPerBlock
  std::uint64_t first_event = 0;
  std::uint64_t begin = 0;  // in steps of the clock
  std::uint64_t step_ns = 1;
  const std::uint8_t* kinds = nullptr;  // `count` of them
  Bytes times, threads, addresses, sizes, stacks, rare, birth_codes, release_codes, birth_numbers, older_addresses,
      older_units;
};

// The next run in the column `threads`: of `events` events that follow each other, all of one thread. Not checked.
struct ThreadRun {
  std::uint64_t thread, events;
};
inline ThreadRun next_run(VarintCursor& threads) noexcept {
  const std::uint64_t thread = threads.next();
  return {thread, threads.next()};
}

// Of what anyone may have made: their contents are not checked. They lie in `raw`. False: `reason` says what is wrong.
[[nodiscard]] bool read_columns(Bytes raw, EventColumns& columns, std::string_view& reason);

}  // namespace heaptape
