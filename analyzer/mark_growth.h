// How much more is live at a mark than at the one of its name before.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "analyzer/account.h"

namespace heaptape {

class MarkGrowthPass : public Pass {
 public:
  struct Growth {
    std::uint64_t marks = 0;
    std::uint64_t first = 0, last = 0;  // bytes live at the first and the last one
    // On average from one to the next, rounded up; 0 where it shrinks.
    std::uint64_t per_mark() const { return marks < 2 || last <= first ? 0 : (last - first + marks - 2) / (marks - 1); }
  };
  MarkGrowthPass(const TapeReader& tape, const Membership& membership) : tape_(&tape), membership_(&membership) {}

  void opened(const Opening& opening) override { account_ = Account(opened_totals(opening, *membership_)); }
  void born(const Block& block, Moment now) override {
    if (membership_->holds(block)) account_.bear(block, now);
  }
  void ended(const Block& block, Fate fate, Moment) override {
    if (membership_->holds(block)) account_.end(block, fate);
  }
  void restored(const Block& block, Fate fate, Moment now) override {
    if (membership_->holds(block)) account_.restore(block, fate, now);
  }
  void other(const Event& event, Moment) override {
    if (event.kind != EventKind::mark) return;
    Growth& growth = growth_[tape_->texts()[event.reference]];
    if (growth.marks++ == 0) growth.first = account_.live_bytes();
    growth.last = account_.live_bytes();
  }

  const std::map<std::string, Growth>& growth() const { return growth_; }

 private:
  const TapeReader* tape_;
  const Membership* membership_;
  Account account_;
  std::map<std::string, Growth> growth_;
};

}  // namespace heaptape
