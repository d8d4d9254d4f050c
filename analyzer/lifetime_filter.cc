#include "analyzer/lifetime_filter.h"

namespace heaptape {

void LifetimeFilterPass::opened(const Opening& opening) {
  first_ = opening.events;
  for (const Block& block : opening.live) note(block, lives_on());
}

void LifetimeFilterPass::note(const Block& block, bool holds) {
  if (block.birth_event <= first_) {
    if (holds)
      older_.insert(block.birth_event);
    else
      older_.erase(block.birth_event);
    return;
  }
  const std::uint64_t place = block.birth_event - first_ - 1;
  if (place >= held_.size()) held_.resize(place + 1);
  held_[place] = holds;
}

bool LifetimeFilterPass::holds(const Block& block) const {
  if (block.birth_event <= first_) return older_.contains(block.birth_event);
  const std::uint64_t place = block.birth_event - first_ - 1;
  return place < held_.size() && held_[place];
}

}  // namespace heaptape
