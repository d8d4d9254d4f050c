// How much more is live at a mark than at the one of its name before.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "analyzer/account.h"

namespace heaptape {

class MarkGrowthPass : public TotalsPass {
 public:
  struct Growth {
    std::uint64_t marks = 0;
    std::uint64_t first = 0, last = 0;  // bytes live at the first and the last one
    // On average from one to the next, rounded up; 0 where it shrinks.
    std::uint64_t per_mark() const { return marks < 2 || last <= first ? 0 : (last - first + marks - 2) / (marks - 1); }
  };
  MarkGrowthPass(const TapeReader& tape, const Membership& membership) : TotalsPass(membership), tape_(&tape) {}

  void other(const Event& event, Moment) override {
    if (event.kind != EventKind::mark) return;
    Growth& growth = growth_[tape_->texts()[event.reference]];
    if (growth.marks++ == 0) growth.first = account().live_bytes();
    growth.last = account().live_bytes();
  }

  const std::map<std::string, Growth>& growth() const { return growth_; }

 private:
  const TapeReader* tape_;
  std::map<std::string, Growth> growth_;
};

}  // namespace heaptape
