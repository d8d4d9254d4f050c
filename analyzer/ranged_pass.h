// What a pass over a part of the run is shown: the chosen blocks alone, and nothing behind the range.
#pragma once

#include "analyzer/replay.h"
#include "analyzer/selection.h"

namespace heaptape {

class RangedPass : public Pass {
 public:
  // Once, before the first event in the range. What was shown before is the level that the range begins at.
  virtual void range_begins() = 0;
};

// Stands before such a pass in a replay. Call finish() after that. Both must outlive it.
class Window : public Pass {
 public:
  Window(const Selection& selection, RangedPass& pass) : selection_(&selection), pass_(&pass) {}

  void opened(const Opening& opening) override {
    for (const Block* block : selection_->membership().held(opening))
      born(*block, {block->birth_ns, block->birth_event});
  }
  void coming(std::span<const Event> events, std::uint64_t before) override { pass_->coming(events, before); }
  void born(const Block& block, Moment now) override {
    if (shows(block, now)) pass_->born(block, now);
  }
  void ended(const Block& block, Fate fate, Moment now) override {
    if (shows(block, now)) pass_->ended(block, fate, now);
  }
  void restored(const Block& block, Fate fate, Moment now) override {
    if (shows(block, now)) pass_->restored(block, fate, now);
  }
  void finish() {
    if (!has_begun_) pass_->range_begins();
    has_begun_ = true;
  }

 private:
  bool shows(const Block& block, Moment now) {
    if (now.event > selection_->end()) return false;
    if (!has_begun_ && now.event > selection_->begin()) finish();
    return selection_->holds(block);
  }

  const Selection* selection_;
  RangedPass* pass_;
  bool has_begun_ = false;
};

// Shows one pass what was chosen, in a reading of its own; answers what is damaged.
[[nodiscard]] inline std::vector<Damage> replay(const TapeReader& tape, const Selection& selection, RangedPass& pass) {
  Window window(selection, pass);
  Pass* const passes[] = {&window};
  std::vector<Damage> damage = replay(tape, passes);
  window.finish();
  return damage;
}

}  // namespace heaptape
