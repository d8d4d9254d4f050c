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

CurvePass::CurvePass(const Membership& membership, std::uint64_t duration_ns, std::size_t samples)
    : membership_(&membership), duration_ns_(std::max<std::uint64_t>(duration_ns, 1)) {
  const std::size_t count = std::clamp<std::uint64_t>(samples, 1, duration_ns_);
  steps_.resize(count);
  for (std::size_t i = 0; i < count; ++i) steps_[i].begin_ns = scale(i, duration_ns_, count);
  next_ns_ = begin_of(1);
}

std::uint64_t CurvePass::begin_of(std::size_t step) const {
  return step < steps_.size() ? steps_[step].begin_ns : UINT64_MAX;
}

void CurvePass::advance() {
  Step& next = steps_[++current_];
  next.low = next.last = account_.live_bytes();
  next.high = {account_.live_bytes(), account_.live_blocks(), next.begin_ns, 0};
  next_ns_ = begin_of(current_ + 1);
}

void CurvePass::reach(Moment now) {
  if (unnoted_ && unnoted_->event != now.event) settle();
  while (next_ns_ <= now.time_ns && current_ + 1 < steps_.size()) advance();
}

void CurvePass::settle() {
  if (unnoted_) note(*unnoted_);
}

void CurvePass::note(Moment now) {
  unnoted_.reset();
  const std::uint64_t live = account_.live_bytes();
  Step& step = steps_[current_];
  step.last = live;
  step.low = std::min(step.low, live);
  if (live > step.high.bytes) {
    step.high = {live, account_.live_blocks(), now.time_ns, now.event};
  }
}

void CurvePass::show(std::uint64_t bytes, std::uint64_t blocks, Moment now) {
  reach(now);
  account_ = Account(Totals{.live_bytes = bytes, .live_blocks = blocks});
  note(now);
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
    if (level.high_event != 0) show(level.high, level.high_blocks, {level.high_time_ns, level.high_event});
    show(level.last, level.last_blocks, {stretch.end_ns, events});
  }
  account_ = Account(opened_totals(opening, *membership_));
}

void CurvePass::born(const Block& block, Moment now) {
  if (!membership_->holds(block)) return;
  reach(now);
  account_.bear(block, now);
  note(now);
}

void CurvePass::ended(const Block& block, Fate fate, Moment now) {
  if (!membership_->holds(block)) return;
  reach(now);
  account_.end(block, fate);
  // Its successor is born by the same event: between the two there is no instant to note.
  if (fate == Fate::overwritten) {
    unnoted_ = now;
  } else {
    note(now);
  }
}

void CurvePass::restored(const Block& block, Fate fate, Moment now) {
  if (!membership_->holds(block)) return;
  reach(now);
  account_.restore(block, fate, now);
  note(now);
}

void CurvePass::begin_here() {
  settle();
  Step& step = steps_[current_];
  step.low = step.last = account_.live_bytes();
  step.high = {account_.live_bytes(), account_.live_blocks(), step.begin_ns, 0};
}

std::vector<CurvePass::Step> CurvePass::take_steps() {
  settle();
  while (current_ + 1 < steps_.size()) advance();
  return std::move(steps_);
}

}  // namespace heaptape
