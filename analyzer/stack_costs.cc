#include "analyzer/stack_costs.h"

#include "analyzer/rounding.h"

namespace heaptape {

StackCostsPass::Figures& StackCostsPass::touch(const Block& block) {
  Figures& figures = stacks_[static_cast<std::size_t>(block.stack)];
  if (figures.peak != peaks_) {
    figures.at_peak = figures.live;
    figures.at_peak_blocks = figures.live_blocks;
    figures.peak = peaks_;
  }
  return figures;
}

void StackCostsPass::opened(const Opening& opening) {
  if (membership_->layer() == Layer::user) {
    for (const Block* block : membership_->held(opening)) born(*block, {block->birth_ns, block->birth_event});
    return;
  }
  const bool all = membership_->layer() == Layer::all;
  account_ = Account(opened_totals(opening, *membership_));
  peaks_ = 1;
  for (const OpeningStack& row : opening.stacks) {
    Figures& figures = stacks_[static_cast<std::size_t>(row.stack)];
    if (!all && !membership_->holds({.stack = row.stack})) continue;
    figures.allocated = WideCount{row.allocated} << kPartBits;
    figures.count = row.count << kPartBits;
    figures.temporary = row.temporary << kPartBits;
    figures.at_peak = WideCount{all ? row.peak : row.program_peak} << kPartBits;
    figures.at_peak_blocks = (all ? row.peak_blocks : row.program_peak_blocks) << kPartBits;
  }
  for (Figures& figures : stacks_) figures.peak = peaks_;
  for (const Block* block : membership_->held(opening)) {
    Figures& figures = stacks_[static_cast<std::size_t>(block->stack)];
    const Weight weight = weigh(*block);
    figures.live += weight.bytes;
    figures.live_blocks += weight.blocks;
  }
}

void StackCostsPass::born(const Block& block, Moment now) {
  if (!membership_->holds(block)) return;
  Figures& figures = touch(block);
  const Weight weight = weigh(block);
  figures.count += weight.blocks;
  figures.allocated += weight.bytes;
  figures.live += weight.bytes;
  figures.live_blocks += weight.blocks;
  peaks_ += account_.bear(block, now);
}

void StackCostsPass::ended(const Block& block, Fate fate, Moment) {
  if (!membership_->holds(block)) return;
  Figures& figures = touch(block);
  const Weight weight = weigh(block);
  if (fate == Fate::temporary) figures.temporary += weight.blocks;
  figures.live -= weight.bytes;
  figures.live_blocks -= weight.blocks;
  account_.end(block, fate);
}

void StackCostsPass::restored(const Block& block, Fate fate, Moment now) {
  if (!membership_->holds(block)) return;
  Figures& figures = touch(block);
  const Weight weight = weigh(block);
  if (fate == Fate::temporary) figures.temporary -= weight.blocks;
  figures.live += weight.bytes;
  figures.live_blocks += weight.blocks;
  peaks_ += account_.restore(block, fate, now);
}

std::vector<Costs> StackCostsPass::costs() const {
  std::vector<Costs> all;
  all.reserve(stacks_.size());
  Rounding peak, allocated, count, temporary, leaked, peak_blocks, leaked_blocks;
  for (const Figures& figures : stacks_) {
    const bool unchanged = figures.peak != peaks_;  // since the last peak
    all.push_back({.peak = peak(unchanged ? figures.live : figures.at_peak),
                   .allocated = allocated(figures.allocated),
                   .count = count(figures.count),
                   .temporary = temporary(figures.temporary),
                   .leaked = leaked(figures.live),
                   .peak_blocks = peak_blocks(unchanged ? figures.live_blocks : figures.at_peak_blocks),
                   .leaked_blocks = leaked_blocks(figures.live_blocks)});
  }
  return all;
}

}  // namespace heaptape
