// What a sample says of the whole: each recorded block stands for 1/p blocks, p being the probability with which it
// was recorded (Horvitz and Thompson). The sums are unbiased, and so are their variances.
//
// Sums are kept in whole millionths, so that what is added can be taken away again, parts add up to the whole, and
// where every block is recorded they are the exact totals.
#pragma once

#include <cstdint>

#include "format/tape.h"

namespace heaptape {

__extension__ using WideCount = unsigned __int128;
inline constexpr int kPartBits = 20;  // a block or byte is 2²⁰ parts

// What one recorded block stands for.
struct Weight {
  WideCount bytes = 0;       // in parts
  std::uint64_t blocks = 0;  // in parts
  double variance = 0;       // of the blocks: (1 - p) / p²; 0: it stands for itself alone
  double size = 0;           // the variance of the bytes is size² times as much
};
Weight weight_of_sampled(std::uint64_t size, float interval);
// `interval`: mean bytes between two samples; 0: every block is recorded.
inline Weight weight_of(std::uint64_t size, float interval) {
  if (interval > 0) [[unlikely]]
    return weight_of_sampled(size, interval);
  return {.bytes = WideCount{size} << kPartBits, .blocks = std::uint64_t{1} << kPartBits};
}
// p of a block: that of a Poisson process to meet one of its bytes. A block of no bytes counts as one.
double sampling_probability(std::uint64_t size, double interval);

constexpr std::uint64_t whole(WideCount parts) {
  return static_cast<std::uint64_t>((parts + (WideCount{1} << (kPartBits - 1))) >> kPartBits);
}

struct Variances {
  double allocations = 0, frees = 0, allocated_bytes = 0, temporary = 0;
  double live_bytes = 0, live_blocks = 0, peak_bytes = 0, peak_blocks = 0;
};

struct Estimate {
  Totals totals;
  Variances variances;
};

// Of the two layers that the recorder can tell.
struct Estimates {
  Estimate program, all;
  std::uint64_t interval = 0;  // the largest that was in force
  const Estimate& of(Layer layer) const { return layer == Layer::program ? program : all; }
};

// The truth lies within this of the estimate 95 times of 100. It is the upper half of the score interval of a Poisson
// count, which holds where few samples were met, or none, too. `unit`: what a sampled block stands for, which is the
// interval, for bytes, and unit_of_blocks() for blocks.
std::uint64_t margin_of(double variance, double unit);
// `unseen`: the unit where the figure is 0.
inline double unit_of_blocks(std::uint64_t value, double variance, double unseen) {
  return value == 0 ? unseen : variance / static_cast<double>(value);
}

// Keeps the totals of one layer, each block by its weight.
class Estimator {
 public:
  Estimator() = default;
  // Goes on from totals that were exact up to here.
  explicit Estimator(const Totals& exact);

  // Both answer whether this made a new peak.
  bool bear(const Weight& block, std::uint64_t time_ns, std::uint64_t event) {
    allocations_ += block.blocks;
    allocated_bytes_ += block.bytes;
    if (block.variance > 0) [[unlikely]]
      add(variances_.allocations, variances_.allocated_bytes, block, 1);
    return enliven(block, time_ns, event);
  }
  bool restore(const Weight& block, bool temporary, std::uint64_t time_ns, std::uint64_t event) {
    frees_ -= block.blocks;
    freed_bytes_ -= block.bytes;
    if (temporary) temporary_ -= block.blocks;
    if (block.variance > 0) [[unlikely]]
      add_free(block, temporary, -1);
    return enliven(block, time_ns, event);
  }
  // The block is live no more, and nobody saw its release.
  void drop(const Weight& block) {
    live_bytes_ -= block.bytes;
    live_blocks_ -= block.blocks;
    if (block.variance > 0) [[unlikely]]
      add(variances_.live_blocks, variances_.live_bytes, block, -1);
  }
  void release(const Weight& block, bool temporary) {
    drop(block);
    frees_ += block.blocks;
    freed_bytes_ += block.bytes;
    if (temporary) temporary_ += block.blocks;
    if (block.variance > 0) [[unlikely]]
      add_free(block, temporary, 1);
  }

  // Forgets the peak: what is live now is the highest from here on.
  void begin_peak(std::uint64_t time_ns, std::uint64_t event) {
    peak_bytes_ = live_bytes();
    peak_blocks_ = live_blocks_;
    peak_time_ns_ = peak_bytes_ == 0 ? 0 : time_ns;
    peak_event_ = peak_bytes_ == 0 ? 0 : event;
    variances_.peak_bytes = variances_.live_bytes;
    variances_.peak_blocks = variances_.live_blocks;
  }

  std::uint64_t live_bytes() const { return whole(live_bytes_); }
  std::uint64_t live_blocks() const { return whole(live_blocks_); }
  Estimate estimate() const;

 private:
  bool enliven(const Weight& block, std::uint64_t time_ns, std::uint64_t event) {
    live_bytes_ += block.bytes;
    live_blocks_ += block.blocks;
    if (block.variance > 0) [[unlikely]]
      add(variances_.live_blocks, variances_.live_bytes, block, 1);
    if (live_bytes() <= peak_bytes_) return false;
    peak_bytes_ = live_bytes();
    peak_blocks_ = live_blocks_;
    peak_time_ns_ = time_ns;
    peak_event_ = event;
    variances_.peak_bytes = variances_.live_bytes;
    variances_.peak_blocks = variances_.live_blocks;
    return true;
  }
  static void add(double& blocks, double& bytes, const Weight& block, double sign) {
    blocks += sign * block.variance;
    bytes += sign * block.variance * block.size * block.size;
  }
  void add_free(const Weight& block, bool temporary, double sign) {
    variances_.frees += sign * block.variance;
    if (temporary) variances_.temporary += sign * block.variance;
  }

  std::uint64_t allocations_ = 0, frees_ = 0, temporary_ = 0, live_blocks_ = 0, peak_blocks_ = 0;  // in parts
  WideCount allocated_bytes_ = 0, freed_bytes_ = 0, live_bytes_ = 0;                               // in parts
  std::uint64_t peak_bytes_ = 0, peak_time_ns_ = 0, peak_event_ = 0;
  Variances variances_;
};

}  // namespace heaptape
