// What each stack cost, by every cost, in one reading.
//
// The snapshot at the peak is taken lazily: peaks are numbered, and a stack saves its live figures
// only when it changes for the first time after a newer peak. So a curve that only rises, where
// every birth is a new peak, costs no more than any other.
#pragma once

#include <vector>

#include "analyzer/account.h"
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
  std::vector<Costs> costs() const;

 private:
  struct Figures {
    // In parts, see Weight.
    WideCount allocated = 0, live = 0, at_peak = 0;
    std::uint64_t count = 0, temporary = 0, live_blocks = 0, at_peak_blocks = 0;  // at the peak numbered `peak`
    std::uint64_t peak = 0;
  };
  Figures& touch(const Block& block);

  const Membership* membership_;
  LargeVector<Figures> stacks_;
  Account account_;
  std::uint64_t peaks_ = 0;
};

}  // namespace heaptape
