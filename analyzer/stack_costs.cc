#include "analyzer/stack_costs.h"

namespace heaptape {
namespace {

// Rounds parts so that their sum is the sum rounded: what one lacks the next one gets.
class Rounding {
 public:
  std::uint64_t operator()(WideCount parts) {
    const std::uint64_t before = whole(sum_);
    return whole(sum_ += parts) - before;
  }

 private:
  WideCount sum_ = 0;
};

}  // namespace

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
