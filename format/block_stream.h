// Blocks of events in order, decoded ahead by helper threads.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "format/ahead.h"
#include "format/reader.h"

namespace heaptape {

class BlockStream {
 public:
  // Blocks [first, last) of the tape, which must outlive this.
  BlockStream(const TapeReader& tape, std::size_t first, std::size_t last);

  // The next block, valid until the next call; one without events is damaged. Null behind the last.
  const DecodedBlock* next();

 private:
  BlockStream(const TapeReader& tape, std::size_t first, std::size_t last, std::size_t workers);

  const TapeReader& tape_;
  std::vector<DecodedBlock> blocks_;  // by seat
  const std::size_t all_;
  std::size_t shown_ = 0;
  Ahead ahead_;
};

// Shows the events numbered from `begin` on and before `end`, a block's at a time, with the number of the first. Of a
// damaged block there are none.
void for_each_run(
    const TapeReader& tape, std::uint64_t begin, std::uint64_t end,
    const std::function<void(const BlockEntry& entry, std::uint64_t number, std::span<const Event> events)>& take);

}  // namespace heaptape
