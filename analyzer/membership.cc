#include "analyzer/membership.h"

#include <algorithm>
#include <utility>

namespace heaptape {

Membership::Membership(Layer layer, const std::vector<Frame>& frames, std::vector<std::uint64_t> owned)
    : layer_(layer), frames_(&frames), owned_(std::move(owned)) {}

std::vector<const Block*> Membership::held(const Opening& opening) const {
  std::vector<const Block*> blocks;
  for (const Block& block : opening.live)
    if (holds(block)) blocks.push_back(&block);
  std::sort(blocks.begin(), blocks.end(),
            [](const Block* a, const Block* b) { return a->birth_event < b->birth_event; });
  return blocks;
}

bool Membership::is_owned(std::uint64_t birth_event) const {
  return std::binary_search(owned_.begin(), owned_.end(), birth_event);
}

}  // namespace heaptape
