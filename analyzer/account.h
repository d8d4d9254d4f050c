// The running totals of one layer during a replay.
#pragma once

#include "analyzer/membership.h"
#include "analyzer/replay.h"
#include "analyzer/reports.h"

namespace heaptape {

class Account {
 public:
  Account() = default;
  explicit Account(const Totals& totals) : totals_(totals) {}

  // Both answer whether this made a new peak.
  bool bear(const Block& block, Moment now) {
    ++totals_.allocations;
    totals_.allocated_bytes += block.size;
    return enliven(block, now);
  }
  bool restore(const Block& block, Fate fate, Moment now) {
    --totals_.frees;
    totals_.freed_bytes -= block.size;
    if (fate == Fate::temporary) --totals_.temporary;
    return enliven(block, now);
  }
  void end(const Block& block, Fate fate) {
    totals_.live_bytes -= block.size;
    --totals_.live_blocks;
    if (fate == Fate::overwritten) return;  // nobody saw a free
    ++totals_.frees;
    totals_.freed_bytes += block.size;
    if (fate == Fate::temporary) ++totals_.temporary;
  }
  const Totals& totals() const { return totals_; }

 private:
  bool enliven(const Block& block, Moment now) {
    totals_.live_bytes += block.size;
    ++totals_.live_blocks;
    if (totals_.live_bytes <= totals_.peak_bytes) return false;
    totals_.peak_bytes = totals_.live_bytes;
    totals_.peak_blocks = totals_.live_blocks;
    totals_.peak_time_ns = now.time_ns;
    totals_.peak_event = now.event;
    return true;
  }

  Totals totals_;
};

// A layer's totals where the tape's events begin. Of layer `user` no more is known than which blocks live on.
inline Totals opened_totals(const Opening& opening, const Membership& membership) {
  if (membership.layer() != Layer::user) return opening.totals.of(membership.layer());
  Account account;
  for (const Block* block : membership.held(opening)) account.bear(*block, {block->birth_ns, block->birth_event});
  return account.totals();
}

// A layer's totals by replay: for `user`, which the index can't tell.
class TotalsPass : public Pass {
 public:
  explicit TotalsPass(const Membership& membership) : membership_(&membership) {}
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
  const Totals& totals() const { return account_.totals(); }

 private:
  const Membership* membership_;
  Account account_;
};

inline Peak peak_of(const Totals& totals) {
  return {totals.peak_bytes, totals.peak_blocks, totals.peak_time_ns, totals.peak_event};
}

}  // namespace heaptape
