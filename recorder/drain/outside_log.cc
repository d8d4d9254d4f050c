#include "recorder/drain/outside_log.h"

#include <algorithm>
#include <utility>

namespace heaptape {
namespace {

bool paused_after(const Outside& what, bool before) {
  return what.kind == EventKind::mark ? before : what.kind == EventKind::pause;
}

}  // namespace

void OutsideLog::add(Outside what) {
  if (!kept_.empty()) what.stamp = std::max(what.stamp, kept_.back().stamp + 1);
  kept_.push_back(std::move(what));
  if (kept_.size() <= most_) return;
  paused_at_front_ = paused_after(kept_.front(), paused_at_front_);
  kept_.pop_front();
  ++forgotten_;
}

OutsideLog::Position OutsideLog::at(std::uint64_t stamp) const {
  Position position{forgotten_, paused_at_front_};
  for (const Outside& what : kept_) {
    if (what.stamp > stamp) break;
    position.paused = paused_after(what, position.paused);
    ++position.next;
  }
  return position;
}

const Outside* OutsideLog::find(std::uint64_t number) const {
  return number >= forgotten_ && number - forgotten_ < kept_.size() ? &kept_[number - forgotten_] : nullptr;
}

}  // namespace heaptape
