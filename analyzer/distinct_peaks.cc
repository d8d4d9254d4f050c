#include "analyzer/distinct_peaks.h"

#include <algorithm>

namespace heaptape {
namespace {

// Whether between the two steps the curve sinks a tenth below the first one's height.
bool valley_between(const std::vector<CurvePass::Step>& steps, std::size_t lower, std::size_t higher) {
  const auto [begin, end] = std::minmax(lower, higher);
  const std::uint64_t brim = steps[lower].high.bytes - steps[lower].high.bytes / 10;
  return std::any_of(steps.begin() + static_cast<std::ptrdiff_t>(begin) + 1,
                     steps.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](const CurvePass::Step& step) { return step.low < brim; });
}

}  // namespace

std::vector<Peak> distinct_peaks(const std::vector<CurvePass::Step>& steps, std::size_t limit) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].high.event != 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return steps[a].high.bytes > steps[b].high.bytes; });
  std::vector<std::size_t> chosen;
  for (const std::size_t step : order) {
    if (chosen.size() == limit) break;
    const bool distinct = std::all_of(chosen.begin(), chosen.end(),
                                      [&](std::size_t other) { return valley_between(steps, step, other); });
    if (distinct) chosen.push_back(step);
  }
  std::vector<Peak> peaks;
  for (const std::size_t step : chosen) peaks.push_back(steps[step].high);
  return peaks;
}

}  // namespace heaptape
