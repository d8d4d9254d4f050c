// Blocks of events in order, decoded ahead by helper threads: one less than there are processors. Whoever waits for a
// block decodes others meanwhile.
//
// Bounded: two blocks for each helper, and one more.
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
  // Is shown each block by the thread that decoded it, before next() answers it: of several threads at once, and in no
  // order. `worker`: one of workers_for() numbers, which only one thread at a time has. `seat`: one of seats_for(),
  // the block's until the next() after its own.
  using Prepare = std::function<void(std::size_t worker, std::size_t seat, const DecodedBlock&)>;
  static std::size_t workers_for(std::size_t blocks);
  static constexpr std::size_t seats_for(std::size_t workers) { return 2 * workers - 1; }

  // Blocks [first, last) of the tape, which must outlive this.
  BlockStream(const TapeReader& tape, std::size_t first, std::size_t last)
      : BlockStream(tape, first, last, workers_for(last - first), {}) {}
  BlockStream(const TapeReader& tape, std::size_t first, std::size_t last, std::size_t workers, Prepare prepare);
  ~BlockStream();
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;

  // The next block, valid until the next call; one without events is damaged. Null behind the last.
  const DecodedBlock* next();
  // Of the block that next() answered.
  std::size_t seat() const { return seat_of(shown_ - 1); }

 private:
  struct Seat {
    DecodedBlock block;
    bool is_ready = false;
  };
  std::size_t seat_of(std::size_t index) const { return (index - first_) % seats_.size(); }
  void help(std::size_t worker);
  // Decodes the next block that nobody has begun. The lock is given back meanwhile.
  void decode_one(std::size_t worker, std::unique_lock<std::mutex>& lock);

  const TapeReader& tape_;
  const std::size_t first_, last_;
  const Prepare prepare_;
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
