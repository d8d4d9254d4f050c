#include "analyzer/membership.h"

#include <algorithm>
#include <utility>

namespace heaptape {

Membership::Membership(Layer layer, const std::vector<Frame>& frames, std::vector<std::uint64_t> owned)
    : layer_(layer), frames_(&frames), owned_(std::move(owned)) {}

bool Membership::is_owned(std::uint64_t birth_event) const {
  return std::binary_search(owned_.begin(), owned_.end(), birth_event);
}

}  // namespace heaptape
