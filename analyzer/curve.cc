#include "analyzer/curve.h"

#include <algorithm>
#include <utility>

namespace heaptape {
namespace {

// floor(a * b / c) for a <= c, where the product may not fit in 64 bits.
std::uint64_t scale(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(Wide{a} * b / c);
}

}  // namespace

StepCurve::StepCurve(std::uint64_t duration_ns, std::size_t samples) {
  const std::uint64_t duration = std::max<std::uint64_t>(duration_ns, 1);
  const std::size_t count = std::clamp<std::uint64_t>(samples, 1, duration);
  steps_.resize(count);
  for (std::size_t i = 0; i < count; ++i) steps_[i].begin_ns = scale(i, duration, count);
  if (count > 1) next_ns_ = steps_[1].begin_ns;
}

void StepCurve::begin(Step& step) const {
  step.low = step.last = bytes_;
  step.high = {bytes_, blocks_, step.begin_ns, 0};
}

void StepCurve::advance() {
  begin(steps_[++current_]);
  next_ns_ = current_ + 1 < steps_.size() ? steps_[current_ + 1].begin_ns : UINT64_MAX;
}

std::vector<StepCurve::Step> StepCurve::take_steps() {
  while (current_ + 1 < steps_.size()) advance();
  return std::move(steps_);
}

// Of what has left the tape an outline is known: of each stretch its highest moment, and its end.
void CurvePass::opened(const Opening& opening) {
  if (membership_->layer() == Layer::user) {
    for (const Block* block : membership_->held(opening)) born(*block, {block->birth_ns, block->birth_event});
    return;
  }
  std::uint64_t events = 0;
  for (const Stretch& stretch : opening.outline) {
    const Stretch::Level& level = stretch.of(membership_->layer());
    events += stretch.events;
    if (level.high_event != 0) curve_.at(level.high, level.high_blocks, {level.high_time_ns, level.high_event});
    curve_.at(level.last, level.last_blocks, {stretch.end_ns, events});
  }
  account_ = Account(opened_totals(opening, *membership_));
}

// Between a block that ended unseen and its successor, which the same event bears, there is no instant to note.
void CurvePass::settle(std::uint64_t event) {
  if (!unnoted_ || unnoted_->event == event) return;
  note(Moment{*unnoted_});
}

void CurvePass::born(const Block& block, Moment now) {
  if (!membership_->holds(block)) return;
  settle(now.event);
  account_.bear(block, now);
  note(now);
}

void CurvePass::ended(const Block& block, Fate fate, Moment now) {
  if (!membership_->holds(block)) return;
  settle(now.event);
  account_.end(block, fate);
  if (fate == Fate::overwritten)
    unnoted_ = now;
  else
    note(now);
}

void CurvePass::restored(const Block& block, Fate fate, Moment now) {
  if (!membership_->holds(block)) return;
  settle(now.event);
  account_.restore(block, fate, now);
  note(now);
}

void CurvePass::begin_here() {
  settle(0);
  curve_.begin_here();
}

std::vector<CurvePass::Step> CurvePass::take_steps() {
  settle(0);
  return curve_.take_steps();
}

}  // namespace heaptape
