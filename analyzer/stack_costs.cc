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
