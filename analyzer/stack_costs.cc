#include "analyzer/stack_costs.h"

#include "analyzer/rounding.h"

namespace heaptape {

void StackCostsPass::opened(const Opening& opening) {
  if (membership_->layer() == Layer::user) {
    for (const Block* block : membership_->held(opening)) born(*block, {block->birth_ns, block->birth_event});
    return;
  }
  const bool all = membership_->layer() == Layer::all;
  account_ = Account(opened_totals(opening, *membership_));
  peaks_ = 1;
  for (const OpeningStack& row : opening.stacks) {
    if (!all && !membership_->holds({.stack = row.stack})) continue;
    Figures& figures = stacks_[static_cast<std::size_t>(row.stack)];
    figures.allocated = WideCount{row.allocated} << kPartBits;
    figures.count = row.count << kPartBits;
    figures.temporary = row.temporary << kPartBits;
    figures.held.set_peak(WideCount{all ? row.peak : row.program_peak} << kPartBits,
                          (all ? row.peak_blocks : row.program_peak_blocks) << kPartBits, peaks_);
  }
  for (const Block* block : membership_->held(opening)) of(*block).held.add(weigh(*block), peaks_);
}

void StackCostsPass::born(const Block& block, Moment now) {
  if (!membership_->holds(block)) return;
  Figures& figures = of(block);
  const Weight weight = weigh(block);
  figures.count += weight.blocks;
  figures.allocated += weight.bytes;
  figures.held.add(weight, peaks_);
  peaks_ += account_.bear(block, now);
}

void StackCostsPass::ended(const Block& block, Fate fate, Moment) {
  if (!membership_->holds(block)) return;
  Figures& figures = of(block);
  const Weight weight = weigh(block);
  if (fate == Fate::temporary) figures.temporary += weight.blocks;
  figures.held.remove(weight, peaks_);
  account_.end(block, fate);
}

void StackCostsPass::restored(const Block& block, Fate fate, Moment now) {
  if (!membership_->holds(block)) return;
  Figures& figures = of(block);
  const Weight weight = weigh(block);
  if (fate == Fate::temporary) figures.temporary -= weight.blocks;
  figures.held.add(weight, peaks_);
  peaks_ += account_.restore(block, fate, now);
}

CostsByStack StackCostsPass::costs() const {
  CostsByStack all;
  all.reserve(stacks_.size());
  Rounding peak, allocated, count, temporary, leaked, peak_blocks, leaked_blocks;
  for (const Figures& figures : stacks_) {
    all.push_back({.peak = peak(figures.held.at_peak(peaks_)),
                   .allocated = allocated(figures.allocated),
                   .count = count(figures.count),
                   .temporary = temporary(figures.temporary),
                   .leaked = leaked(figures.held.live),
                   .peak_blocks = peak_blocks(figures.held.at_peak_blocks(peaks_)),
                   .leaked_blocks = leaked_blocks(figures.held.live_blocks)});
  }
  return all;
}

}  // namespace heaptape
