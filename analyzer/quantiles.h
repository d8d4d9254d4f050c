// Quantiles of a stream in bounded memory: counts in buckets that are a sixteenth of their value wide.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "format/estimate.h"

namespace heaptape {

// Classes of values: each value below 2 << bits has one of its own, then there are 1 << bits from one power of two to
// the next.
template <int bits>
struct LogClasses {
  static std::size_t of(std::uint64_t value) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - bits - 1);
    return (static_cast<std::size_t>(shift) << bits) + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t middle_of(std::size_t index) {
    if (index < std::size_t{2} << bits) return index;
    const std::size_t shift = (index >> bits) - 1;
    const std::uint64_t least = static_cast<std::uint64_t>(index - (shift << bits)) << shift;
    return least + ((std::uint64_t{1} << shift) - 1) / 2;
  }
};

class Quantiles {
 public:
  void add(std::uint64_t value, std::uint64_t weight) {
    const std::size_t bucket = Classes::of(value);
    if (counts_.empty()) first_ = bucket;
    if (bucket < first_) {
      counts_.insert(counts_.begin(), first_ - bucket, 0);
      first_ = bucket;
    }
    if (bucket - first_ >= counts_.size()) counts_.resize(bucket - first_ + 1);
    counts_[bucket - first_] += weight;
    total_ += weight;
    largest_ = std::max(largest_, value);
  }

  // The least value that so many of a hundred do not exceed, off by at most a 32nd of it (exact below 32); 0 of none.
  std::uint64_t percentile(unsigned percent) const {
    WideCount passed = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      passed += counts_[i];
      if (passed != 0 && passed * 100 >= total_ * percent) return std::min(Classes::middle_of(first_ + i), largest_);
    }
    return 0;
  }
  std::uint64_t largest() const { return largest_; }

 private:
  using Classes = LogClasses<4>;

  std::vector<std::uint64_t> counts_;  // by bucket, from first_ on
  std::size_t first_ = 0;
  WideCount total_ = 0;
  std::uint64_t largest_ = 0;
};

}  // namespace heaptape
