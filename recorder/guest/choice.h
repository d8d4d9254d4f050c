// Which births a thread records where filters or sampling are on.
//
// Sampling is a Poisson process over the bytes that a thread allocates: a block is taken if one of its bytes is met,
// so with probability 1 - exp(-size / interval), whatever was taken before. Blocks that are passed over cost a
// subtraction from the gap to the next such byte, and a count. Under malloc, any thread, signal handlers too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "recorder/guest/signal_atomic.h"
#include "recorder/guest/tally.h"

namespace heaptape::guest {

// Part of a thread's state; zeros to begin with.
class Choice {
 public:
  // The quick half: whether a birth is left out, and counted so. False: takes() is to be asked. `least`: smaller ones
  // are left out; `sampled`: so are those that the sample passes over.
  bool passes_over(std::size_t bytes, std::uint64_t least, bool sampled, Tally& tally) noexcept {
    if (bytes < least) {
      tally.count(Counter::small_births);
      return true;
    }
    const auto met = static_cast<std::int64_t>(bytes);
    if (!sampled || met <= 0) return false;
    if (signal_subtract(gap_, met)) [[unlikely]] {
      signal_subtract(gap_, -met);  // taken back: it is looked at once more
      return false;
    }
    tally.count(Counter::unsampled_births);
    return true;
  }
  // Whether a birth is recorded; counts it if not. `rate`: the number of the rate that it was taken at.
  bool takes(std::size_t bytes, std::uint32_t lane, Tally& tally, std::uint32_t& rate) noexcept;

  // Another thread goes on with it.
  void change_hands() noexcept { newest_ = 0; }
  // The birth that was recorded last.
  void note_newest(std::uint64_t address, const Tally& tally) noexcept {
    newest_ = address;
    left_out_then_ = tally.left_out();
  }
  // Whether births were left out since that one, if it is the block at this address.
  bool passed_since(std::uint64_t address, const Tally& tally) const noexcept {
    return newest_ == address && left_out_then_ != tally.left_out();
  }

 private:
  bool meets(std::int64_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept;

  std::int64_t gap_;      // bytes up to the next one that is met
  std::uint64_t random_;  // state of the generator
  std::uint64_t newest_;
  std::uint64_t left_out_then_;
  std::uint32_t rate_;  // number of the one that the gap was drawn at
  bool is_drawn_;       // the gap
};

}  // namespace heaptape::guest
