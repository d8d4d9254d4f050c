// Which births a thread records where filters or sampling are on.
//
// Sampling is a Poisson process over the bytes that a thread allocates: a block is taken if one of its bytes is met,
// so with probability 1 - exp(-size / interval), whatever was taken before. Blocks that are passed over cost a
// subtraction from the gap to the next such byte, and a count. Under malloc, any thread, signal handlers too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "recorder/guest/signal_atomic.h"
#include "recorder/mapping.h"

namespace heaptape::guest {

// Part of a thread's state; zeros to begin with.
class Choice {
 public:
  // The quick half: whether a birth is left out, and counted so. False: takes() is to be asked. `least`: smaller ones
  // are left out; `sampled`: so are those that the sample passes over. Only for a thread that has a line to count in.
  bool passes_over(std::size_t bytes, std::uint64_t least, bool sampled) noexcept {
    if (bytes < least) {
      add_one(line_->small_births);
      return true;
    }
    const auto met = static_cast<std::int64_t>(bytes);
    if (!sampled || met <= 0) return false;
    if (signal_subtract(gap_, met)) [[unlikely]] {
      signal_subtract(gap_, -met);  // taken back: it is looked at once more
      return false;
    }
    add_one(line_->unsampled_births);
    return true;
  }
  // Whether a birth is recorded; counts it if not. `rate`: the number of the rate that it was taken at.
  bool takes(std::size_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept;
  bool has_line() const noexcept { return line_ != nullptr; }

  // Another thread goes on with it.
  void change_hands() noexcept { newest_ = 0; }
  // The birth that was recorded last.
  void note_newest(std::uint64_t address) noexcept {
    newest_ = address;
    left_out_then_ = left_out();
  }
  // Whether births were left out since that one, if it is the block at this address.
  bool passed_since(std::uint64_t address) const noexcept { return newest_ == address && left_out_then_ != left_out(); }

 private:
  bool meets(std::int64_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept;
  void leave_out(bool small) noexcept;
  std::uint64_t left_out() const noexcept;
  // Nobody else adds to it, but a signal handler of the same thread.
  static void add_one(std::atomic<std::uint64_t>& count) noexcept {
    signal_add_one(*reinterpret_cast<std::uint64_t*>(&count));
  }

  std::int64_t gap_;      // bytes up to the next one that is met
  LeftOut* line_;         // in the mapping; null: none yet, or none was left
  std::uint64_t random_;  // state of the generator
  std::uint64_t newest_;
  std::uint64_t left_out_then_;
  std::uint64_t without_a_line_;  // left out by this thread and counted elsewhere
  std::uint32_t rate_;            // number of the one that the gap was drawn at
  bool is_drawn_;                 // the gap
  bool has_no_line_;              // all were taken
};

}  // namespace heaptape::guest
