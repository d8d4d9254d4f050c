#include "analyzer/range_costs.h"

#include "analyzer/rounding.h"

namespace heaptape {

void RangeCostsPass::range_begins() {
  all_.begin_peak(selection_->begin_ns(), selection_->begin());
  ++peaks_;
}

void RangeCostsPass::born(const Block& block, Moment now) {
  Figures& figures = of(block);
  const Weight weight = weigh(block);
  figures.held.add(weight, peaks_);
  if (is_in_range(block)) {
    figures.count += weight.blocks;
    figures.allocated += weight.bytes;
    figures.kept += weight.bytes;
    figures.kept_blocks += weight.blocks;
    born_here_.bear(weight, now.time_ns, now.event);
  }
  peaks_ += all_.bear(weight, now.time_ns, now.event);
}

void RangeCostsPass::ended(const Block& block, Fate fate, Moment) {
  Figures& figures = of(block);
  const Weight weight = weigh(block);
  const auto end = [&](Estimator& figure) {
    if (fate == Fate::overwritten) return figure.drop(weight);
    figure.release(weight, fate == Fate::temporary);
  };
  figures.held.remove(weight, peaks_);
  end(all_);
  if (!is_in_range(block)) return;
  figures.kept -= weight.bytes;
  figures.kept_blocks -= weight.blocks;
  if (fate == Fate::temporary) figures.temporary += weight.blocks;
  end(born_here_);
}

void RangeCostsPass::restored(const Block& block, Fate fate, Moment now) {
  Figures& figures = of(block);
  const Weight weight = weigh(block);
  const bool was_temporary = fate == Fate::temporary;
  figures.held.add(weight, peaks_);
  if (is_in_range(block)) {
    figures.kept += weight.bytes;
    figures.kept_blocks += weight.blocks;
    if (was_temporary) figures.temporary -= weight.blocks;
    born_here_.restore(weight, was_temporary, now.time_ns, now.event);
  }
  peaks_ += all_.restore(weight, was_temporary, now.time_ns, now.event);
}

Estimate RangeCostsPass::estimate() const {
  Estimate all = all_.estimate();
  if (selection_->is_instant()) {
    Totals& totals = all.totals;
    totals.peak_bytes = totals.live_bytes;
    totals.peak_blocks = totals.live_blocks;
    totals.peak_time_ns = selection_->end_ns();
    totals.peak_event = selection_->end();
    all.variances.peak_bytes = all.variances.live_bytes;
    all.variances.peak_blocks = all.variances.live_blocks;
    return all;
  }
  Estimate here = born_here_.estimate();
  here.totals.peak_bytes = all.totals.peak_bytes;
  here.totals.peak_blocks = all.totals.peak_blocks;
  here.totals.peak_time_ns = all.totals.peak_time_ns;
  here.totals.peak_event = all.totals.peak_event;
  here.variances.peak_bytes = all.variances.peak_bytes;
  here.variances.peak_blocks = all.variances.peak_blocks;
  return here;
}

CostsByStack RangeCostsPass::costs() const {
  CostsByStack all;
  all.reserve(stacks_.size());
  const bool is_instant = selection_->is_instant();
  Rounding peak, allocated, count, temporary, leaked, live, peak_blocks, leaked_blocks, live_blocks;
  for (const Figures& figures : stacks_) {
    const LiveAtPeak& held = figures.held;
    all.push_back({.peak = peak(held.at_peak(peaks_)),
                   .allocated = allocated(figures.allocated),
                   .count = count(figures.count),
                   .temporary = temporary(figures.temporary),
                   .leaked = leaked(is_instant ? held.live : figures.kept),
                   .live = live(held.live),
                   .peak_blocks = peak_blocks(held.at_peak_blocks(peaks_)),
                   .leaked_blocks = leaked_blocks(is_instant ? held.live_blocks : figures.kept_blocks),
                   .live_blocks = live_blocks(held.live_blocks)});
  }
  return all;
}

}  // namespace heaptape
