// A figure over several runs of one thing: its median, and how far it strays by itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace heaptape {

struct Spread {
  std::uint64_t median = 0, low = 0, high = 0;
  std::size_t runs = 0;

  // Whether a figure lies where one more run may well fall: within the runs' range, or outside of it by no more than
  // that range is wide. The range alone would be left by one of six runs where there are five. Of a single run nothing
  // is known but its figure.
  bool covers(std::uint64_t value) const { return value <= most() && value >= least(); }
  std::uint64_t most() const { return high > UINT64_MAX - (high - low) ? UINT64_MAX : high + (high - low); }
  std::uint64_t least() const { return low - std::min(low, high - low); }
};

// Of an even number of runs the median is the mean of the middle two, rounded down. No values: all 0.
inline Spread spread_of(std::vector<std::uint64_t> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  std::uint64_t median = values[middle];
  if (values.size() % 2 == 0) median = values[middle - 1] + (median - values[middle - 1]) / 2;
  return {median, values.front(), values.back(), values.size()};
}

}  // namespace heaptape
