// What a thread counts beside its lane: its calls, and what of them it left out. So that counting takes no lock and
// outlives the thread, it has a cache line of its own in the mapping, while there are any left.
//
// Under malloc, any thread, signal handlers too.
#pragma once

#include <atomic>
#include <cstdint>

#include "recorder/guest/signal_atomic.h"
#include "recorder/mapping.h"

namespace heaptape::guest {

// Part of a thread's state; zeros to begin with. Whoever goes on with the state goes on with its line.
class Tally {
 public:
  // Each before it is acted on: what was counted and has left no other trace was under way when its thread died.
  void count(Counter counter) noexcept {
    if (line_ == nullptr) [[unlikely]]
      return count_elsewhere(counter);
    add_one(line_->counters[static_cast<int>(counter)]);
  }
  bool has_line() const noexcept { return line_ != nullptr; }
  // Births that this thread has left out so far.
  std::uint64_t left_out() const noexcept;

 private:
  void count_elsewhere(Counter counter) noexcept;
  // Nobody else adds to it, but a signal handler of the same thread.
  static void add_one(std::atomic<std::uint64_t>& counter) noexcept {
    signal_add_one(*reinterpret_cast<std::uint64_t*>(&counter));
  }

  CountLine* line_;               // null: none yet, or none was left
  std::uint64_t left_out_alone_;  // left out by this thread and counted for all
  bool has_no_line_;              // all were taken
};

// Counts a call whose thread has no state: it is left out.
void count_without_thread() noexcept;

}  // namespace heaptape::guest
