// What each stack cost in a range, or had live at an instant, in one reading. Of the chosen blocks, behind a Window.
#pragma once

#include <vector>

#include "analyzer/live_at_peak.h"
#include "analyzer/ranged_pass.h"
#include "analyzer/reports.h"
#include "format/large_memory.h"

namespace heaptape {

class RangeCostsPass : public RangedPass {
 public:
  RangeCostsPass(const Selection& selection, std::size_t stacks) : selection_(&selection), stacks_(stacks) {}

  void born(const Block& block, Moment now) override;
  void ended(const Block& block, Fate fate, Moment) override;
  void restored(const Block& block, Fate fate, Moment now) override;
  void range_begins() override;

  // Peak: of all chosen blocks, the range's beginning included. All else: of those born in it; of an instant, of all.
  Estimate estimate() const;
  // By StackId. `leaked` is what of it was live at the end; `live` all that was. See LiveAtPeak for the peak.
  CostsByStack costs() const;

 private:
  struct Figures {
    // In parts, see Weight.
    LiveAtPeak held;
    WideCount allocated = 0, kept = 0;  // kept: live, and born in the range
    std::uint64_t count = 0, temporary = 0, kept_blocks = 0;
  };
  Figures& of(const Block& block) { return stacks_[static_cast<std::size_t>(block.stack)]; }
  bool is_in_range(const Block& block) const { return block.birth_event > selection_->begin(); }

  const Selection* selection_;
  LargeVector<Figures> stacks_;
  Estimator all_, born_here_;
  std::uint64_t peaks_ = 0;
};

}  // namespace heaptape
