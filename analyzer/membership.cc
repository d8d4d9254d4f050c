#include "analyzer/membership.h"

#include <algorithm>
#include <utility>

namespace heaptape {

Membership::Membership(Layer layer, const std::vector<Frame>& frames, std::vector<std::uint64_t> owned)
    : layer_(layer), owned_(std::move(owned)) {
  if (layer != Layer::program) return;
  in_program_.reserve(frames.size());
  for (const Frame& frame : frames) in_program_.push_back(frame.in_program);
}

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
