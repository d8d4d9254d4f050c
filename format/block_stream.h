// Blocks of events in order, decoded ahead by helper threads: one less than there are processors.
//
// Bounded: two blocks for each helper, and one more. Where no thread can be had, next() decodes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "format/reader.h"

namespace heaptape {

class BlockStream {
 public:
  // Blocks [first, last) of the tape, which must outlive this.
  BlockStream(const TapeReader& tape, std::size_t first, std::size_t last);
  ~BlockStream();
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;

  // The next block, valid until the next call; one without events is damaged. Null behind the last.
  const DecodedBlock* next();

 private:
  struct Seat {
    DecodedBlock block;
    bool is_ready = false;
  };
  Seat& seat_of(std::size_t index) { return seats_[(index - first_) % seats_.size()]; }
  void help();

  const TapeReader& tape_;
  const std::size_t first_, last_;
  std::vector<Seat> seats_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t begun_;  // blocks before this one are decoded, or somebody is at it
  std::size_t shown_;  // blocks before this one were shown
  bool is_over_ = false;
  std::vector<std::thread> helpers_;
};

// Shows the events numbered from `begin` on and before `end`, a block's at a time, with the number of the first. Of a
// damaged block there are none.
void for_each_run(
    const TapeReader& tape, std::uint64_t begin, std::uint64_t end,
    const std::function<void(const BlockEntry& entry, std::uint64_t number, std::span<const Event> events)>& take);

}  // namespace heaptape
