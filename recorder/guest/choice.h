// Which births a thread records where filters or sampling are on.
//
// Sampling is a Poisson process over the bytes that a thread allocates: a block is taken if one of its bytes is met,
// so with probability 1 - exp(-size / interval), whatever was taken before. Blocks that are passed over cost a
// subtraction from the gap to the next such byte, and a count. Under malloc, any thread, signal handlers too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "recorder/guest/signal_atomic.h"

namespace heaptape {
struct LeftOut;
}

namespace heaptape::guest {

// Part of a thread's state; zeros to begin with.
class Choice {
 public:
  // Whether a birth of so many bytes is recorded; counts it if not. `rate`: the number of the rate that it was taken
  // at.
  bool takes(std::size_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept;
  // The birth that was recorded last.
  void note_newest(std::uint64_t address) noexcept {
    newest_ = address;
    passed_then_ = passed_;
  }
  // Whether births were left out since that one, if it is the block at this address.
  bool passed_since(std::uint64_t address) const noexcept { return newest_ == address && passed_then_ != passed_; }

 private:
  bool sample(std::int64_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept;
  void leave_out(bool small) noexcept;

  std::int64_t gap_;      // bytes up to the next one that is met; below 0: a block met it
  std::uint64_t rate_;    // that the gap was drawn at; 0: not drawn yet
  std::uint64_t random_;  // state of the generator
  std::uint64_t passed_;  // births left out
  std::uint64_t passed_then_, newest_;
  LeftOut* counts_;   // in the mapping; null: none yet
  bool has_no_line_;  // all were taken
};

}  // namespace heaptape::guest
