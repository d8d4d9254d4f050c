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
  for (const Figures& figures : stacks_) {
    const bool unchanged = figures.peak != peaks_;  // since the last peak
    all.push_back({.peak = whole(unchanged ? figures.live : figures.at_peak),
                   .allocated = whole(figures.allocated),
                   .count = whole(figures.count),
                   .temporary = whole(figures.temporary),
                   .leaked = whole(figures.live),
                   .peak_blocks = whole(unchanged ? figures.live_blocks : figures.at_peak_blocks),
                   .leaked_blocks = whole(figures.live_blocks)});
  }
  return all;
}

}  // namespace heaptape
