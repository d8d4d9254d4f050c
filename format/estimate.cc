#include "format/estimate.h"

#include <algorithm>
#include <cmath>

namespace heaptape {
namespace {

// Far beyond what any recorder asks for: a tape that claims more must not overflow a sum at once.
constexpr double kMostWeight = 1ull << 40;
constexpr double kMostMargin = 1ull << 62;

}  // namespace

double sampling_probability(std::uint64_t size, double interval) {
  if (!(interval > 0)) return 1;
  return -std::expm1(-static_cast<double>(std::max<std::uint64_t>(size, 1)) / interval);
}

Weight weight_of_sampled(std::uint64_t size, float interval) {
  const double p = sampling_probability(size, interval);
  const double weight = p * kMostWeight > 1 ? 1 / p : kMostWeight;
  const auto blocks = static_cast<std::uint64_t>(std::llround(weight * (1u << kPartBits)));
  return {.bytes = WideCount{size} * blocks,
          .blocks = blocks,
          .variance = (1 - p) * weight * weight,
          .size = static_cast<double>(size)};
}

std::uint64_t margin_of(double variance, double unit) {
  // Were the truth t, the variance would be t · unit: the largest t with |t - estimate| ≤ z · √(t · unit).
  constexpr double kTwoSided95 = 1.959964;
  const double half = kTwoSided95 * unit / 2;
  const double margin = kTwoSided95 * (std::sqrt(std::max(variance, 0.0) + half * half) + half);
  return margin < kMostMargin ? static_cast<std::uint64_t>(std::ceil(margin)) : static_cast<std::uint64_t>(kMostMargin);
}

Estimator::Estimator(const Totals& exact)
    : allocations_(exact.allocations << kPartBits),
      frees_(exact.frees << kPartBits),
      temporary_(exact.temporary << kPartBits),
      live_blocks_(exact.live_blocks << kPartBits),
      peak_blocks_(exact.peak_blocks << kPartBits),
      allocated_bytes_(WideCount{exact.allocated_bytes} << kPartBits),
      freed_bytes_(WideCount{exact.freed_bytes} << kPartBits),
      live_bytes_(WideCount{exact.live_bytes} << kPartBits),
      peak_bytes_(exact.peak_bytes),
      peak_time_ns_(exact.peak_time_ns),
      peak_event_(exact.peak_event) {}

Estimate Estimator::estimate() const {
  Estimate estimate;
  estimate.totals = {.allocations = whole(allocations_),
                     .frees = whole(frees_),
                     .allocated_bytes = whole(allocated_bytes_),
                     .freed_bytes = whole(freed_bytes_),
                     .temporary = whole(temporary_),
                     .live_bytes = whole(live_bytes_),
                     .live_blocks = whole(live_blocks_),
                     .peak_bytes = peak_bytes_,
                     .peak_blocks = whole(peak_blocks_),
                     .peak_time_ns = peak_time_ns_,
                     .peak_event = peak_event_};
  estimate.variances = variances_;
  Variances& variances = estimate.variances;
  // What is added and taken away again leaves a rest of rounding.
  if (live_blocks_ == 0) variances.live_bytes = variances.live_blocks = 0;
  for (double* one : {&variances.live_bytes, &variances.live_blocks, &variances.frees, &variances.temporary})
    *one = std::max(*one, 0.0);
  return estimate;
}

}  // namespace heaptape
