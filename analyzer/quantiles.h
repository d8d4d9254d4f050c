// Quantiles of a stream in bounded memory: counts in buckets that are a sixteenth of their value wide.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "format/estimate.h"

namespace heaptape {

class Quantiles {
 public:
  void add(std::uint64_t value, std::uint64_t weight) {
    const std::size_t bucket = bucket_of(value);
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
      if (passed != 0 && passed * 100 >= total_ * percent) return std::min(middle_of(first_ + i), largest_);
    }
    return 0;
  }
  std::uint64_t largest() const { return largest_; }

 private:
  static constexpr int kBits = 4;  // of a value, behind its leading one, that tell its bucket

  static std::size_t bucket_of(std::uint64_t value) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
    return (static_cast<std::size_t>(shift) << kBits) + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t middle_of(std::size_t bucket) {
    if (bucket < std::size_t{2} << kBits) return bucket;
    const std::size_t shift = (bucket >> kBits) - 1;
    const std::uint64_t least = static_cast<std::uint64_t>(bucket - (shift << kBits)) << shift;
    return least + ((std::uint64_t{1} << shift) - 1) / 2;
  }

  std::vector<std::uint64_t> counts_;  // by bucket, from first_ on
  std::size_t first_ = 0;
  WideCount total_ = 0;
  std::uint64_t largest_ = 0;
};

}  // namespace heaptape
