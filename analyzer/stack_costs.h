// What each stack cost, by every cost, in one reading.
#pragma once

#include <vector>

#include "analyzer/account.h"
#include "analyzer/live_at_peak.h"
#include "analyzer/reports.h"
#include "format/large_memory.h"

namespace heaptape {

class StackCostsPass : public Pass {
 public:
  StackCostsPass(const Membership& membership, std::size_t stacks) : membership_(&membership), stacks_(stacks) {}

  void opened(const Opening& opening) override;
  void born(const Block& block, Moment now) override;
  void ended(const Block& block, Fate fate, Moment) override;
  void restored(const Block& block, Fate fate, Moment now) override;

  Estimate estimate() const { return account_.estimate(); }
  // By StackId. `leaked` is all that was live at the end.
  CostsByStack costs() const;

 private:
  struct Figures {
    // In parts, see Weight.
    LiveAtPeak held;
    WideCount allocated = 0;
    std::uint64_t count = 0, temporary = 0;
  };
  Figures& of(const Block& block) { return stacks_[static_cast<std::size_t>(block.stack)]; }

  const Membership* membership_;
  LargeVector<Figures> stacks_;
  Account account_;
  std::uint64_t peaks_ = 0;
};

}  // namespace heaptape
