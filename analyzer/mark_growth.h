// How much more is live at a mark than at the one of its name before, in a range.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "analyzer/account.h"
#include "analyzer/selection.h"

namespace heaptape {

class MarkGrowthPass : public TotalsPass {
 public:
  struct Growth {
    std::uint64_t marks = 0;
    std::uint64_t first = 0, last = 0;              // bytes live at the first and the last one
    std::uint64_t first_event = 0, last_event = 0;  // how many events lie before these
    // On average from one to the next, rounded up; 0 where it shrinks.
    std::uint64_t per_mark() const { return marks < 2 || last <= first ? 0 : (last - first + marks - 2) / (marks - 1); }
  };
  // Both must outlive this.
  MarkGrowthPass(const TapeReader& tape, const Selection& selection)
      : TotalsPass(selection.membership()), tape_(&tape), selection_(&selection) {}

  void other(const Event& event, Moment now) override {
    if (event.kind != EventKind::mark || now.event <= selection_->begin() || now.event > selection_->end()) return;
    Growth& growth = growth_[tape_->texts()[event.reference]];
    growth.last = account().live_bytes();
    growth.last_event = now.event - 1;
    if (growth.marks++ > 0) return;
    growth.first = growth.last;
    growth.first_event = growth.last_event;
  }

  const std::map<std::string, Growth>& growth() const { return growth_; }

 private:
  const TapeReader* tape_;
  const Selection* selection_;
  std::map<std::string, Growth> growth_;
};

}  // namespace heaptape
