#include "analyzer/stack_costs.h"

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
    figures = {.allocated = row.allocated, .count = row.count, .temporary = row.temporary};
    figures.at_peak = all ? row.peak : row.program_peak;
    figures.at_peak_blocks = all ? row.peak_blocks : row.program_peak_blocks;
  }
  for (Figures& figures : stacks_) figures.peak = peaks_;
  for (const Block* block : membership_->held(opening)) {
    Figures& figures = stacks_[static_cast<std::size_t>(block->stack)];
    figures.live += block->size;
    ++figures.live_blocks;
  }
}

void StackCostsPass::born(const Block& block, Moment now) {
  if (!membership_->holds(block)) return;
  Figures& figures = touch(block);
  ++figures.count;
  figures.allocated += block.size;
  figures.live += block.size;
  ++figures.live_blocks;
  peaks_ += account_.bear(block, now);
}

void StackCostsPass::ended(const Block& block, Fate fate, Moment) {
  if (!membership_->holds(block)) return;
  Figures& figures = touch(block);
  figures.temporary += fate == Fate::temporary;
  figures.live -= block.size;
  --figures.live_blocks;
  account_.end(block, fate);
}

void StackCostsPass::restored(const Block& block, Fate fate, Moment now) {
  if (!membership_->holds(block)) return;
  Figures& figures = touch(block);
  figures.temporary -= fate == Fate::temporary;
  figures.live += block.size;
  ++figures.live_blocks;
  peaks_ += account_.restore(block, fate, now);
}

std::vector<Costs> StackCostsPass::costs() const {
  std::vector<Costs> all;
  all.reserve(stacks_.size());
  for (const Figures& figures : stacks_) {
    const bool unchanged = figures.peak != peaks_;  // since the last peak
    Costs costs{.allocated = figures.allocated, .count = figures.count, .temporary = figures.temporary};
    costs.leaked = figures.live;
    costs.leaked_blocks = figures.live_blocks;
    costs.peak = unchanged ? figures.live : figures.at_peak;
    costs.peak_blocks = unchanged ? figures.live_blocks : figures.at_peak_blocks;
    all.push_back(costs);
  }
  return all;
}

}  // namespace heaptape
