#include <algorithm>

#include "analyzer/account.h"

namespace heaptape {

std::optional<Margins> margins_of(const TapeReader& tape, const Estimate& estimate) {
  if (!tape.estimates()) return std::nullopt;
  const Totals& all = tape.estimates()->all.totals;
  const auto interval = static_cast<double>(tape.estimates()->interval);
  const double mean_size =
      all.allocations == 0 ? 1 : static_cast<double>(all.allocated_bytes) / static_cast<double>(all.allocations);
  const double unseen = interval / std::max(mean_size, 1.0);
  const Totals& totals = estimate.totals;
  const Variances& variances = estimate.variances;
  const auto bytes = [&](double variance) { return margin_of(variance, interval); };
  const auto blocks = [&](std::uint64_t value, double variance) {
    return margin_of(variance, unit_of_blocks(value, variance, unseen));
  };
  return Margins{.allocations = blocks(totals.allocations, variances.allocations),
                 .frees = blocks(totals.frees, variances.frees),
                 .allocated_bytes = bytes(variances.allocated_bytes),
                 .temporary = blocks(totals.temporary, variances.temporary),
                 .live_bytes = bytes(variances.live_bytes),
                 .live_blocks = blocks(totals.live_blocks, variances.live_blocks),
                 .peak_bytes = bytes(variances.peak_bytes),
                 .peak_blocks = blocks(totals.peak_blocks, variances.peak_blocks)};
}

}  // namespace heaptape
