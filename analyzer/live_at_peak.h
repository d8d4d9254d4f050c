// What is live of a stack during a replay, and what was at the newest peak.
//
// The snapshot at the peak is taken lazily: peaks are numbered, and a stack saves its live figures only when it changes
// for the first time after a newer peak. So a curve that only rises, where every birth is a new peak, costs no more
// than any other.
#pragma once

#include <cstdint>

#include "format/estimate.h"

namespace heaptape {

// `peaks`: how many there have been. Figures are in parts, see Weight.
class LiveAtPeak {
 public:
  WideCount live = 0;
  std::uint64_t live_blocks = 0;

  // Both before anything else of this change is a new peak.
  void add(const Weight& block, std::uint64_t peaks) {
    save(peaks);
    live += block.bytes;
    live_blocks += block.blocks;
  }
  void remove(const Weight& block, std::uint64_t peaks) {
    save(peaks);
    live -= block.bytes;
    live_blocks -= block.blocks;
  }
  // Of a peak that is known: the one with this number.
  void set_peak(WideCount bytes, std::uint64_t blocks, std::uint64_t number) {
    at_peak_ = bytes;
    at_peak_blocks_ = blocks;
    saved_ = number;
  }

  WideCount at_peak(std::uint64_t peaks) const { return saved_ == peaks ? at_peak_ : live; }
  std::uint64_t at_peak_blocks(std::uint64_t peaks) const { return saved_ == peaks ? at_peak_blocks_ : live_blocks; }

 private:
  void save(std::uint64_t peaks) {
    if (saved_ != peaks) set_peak(live, live_blocks, peaks);
  }

  WideCount at_peak_ = 0;
  std::uint64_t at_peak_blocks_ = 0, saved_ = 0;  // at the peak with that number
};

}  // namespace heaptape
