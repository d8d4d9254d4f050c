// The running totals of one layer during a replay: exact where every birth was recorded, else estimates.
#pragma once

#include "analyzer/membership.h"
#include "analyzer/replay.h"
#include "analyzer/reports.h"

namespace heaptape {

class Account {
 public:
  Account() = default;
  explicit Account(const Totals& exact) : estimator_(exact) {}

  // Both answer whether this made a new peak.
  bool bear(const Block& block, Moment now) { return estimator_.bear(weigh(block), now.time_ns, now.event); }
  bool restore(const Block& block, Fate fate, Moment now) {
    return estimator_.restore(weigh(block), fate == Fate::temporary, now.time_ns, now.event);
  }
  void end(const Block& block, Fate fate) {
    if (fate == Fate::overwritten) return estimator_.drop(weigh(block));
    estimator_.release(weigh(block), fate == Fate::temporary);
  }
  std::uint64_t live_bytes() const { return estimator_.live_bytes(); }
  std::uint64_t live_blocks() const { return estimator_.live_blocks(); }
  Estimate estimate() const { return estimator_.estimate(); }

 private:
  Estimator estimator_;
};

// A layer's totals where the tape's events begin. Of layer `user` no more is known than which blocks live on.
inline Totals opened_totals(const Opening& opening, const Membership& membership) {
  if (membership.layer() != Layer::user) return opening.totals.of(membership.layer());
  Account account;
  for (const Block* block : membership.held(opening)) account.bear(*block, {block->birth_ns, block->birth_event});
  return account.estimate().totals;
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
  Estimate estimate() const { return account_.estimate(); }

 protected:
  const Account& account() const { return account_; }

 private:
  const Membership* membership_;
  Account account_;
};

// The two layers of the index: estimates where births were sampled.
inline LayerTotals totals_of(const TapeReader& tape) {
  if (const auto& estimates = tape.estimates()) return {estimates->program.totals, estimates->all.totals};
  return tape.totals();
}

// Of a layer's figures. Empty where every birth was recorded.
std::optional<Margins> margins_of(const TapeReader& tape, const Estimate& estimate);

inline Peak peak_of(const Totals& totals) {
  return {totals.peak_bytes, totals.peak_blocks, totals.peak_time_ns, totals.peak_event};
}

}  // namespace heaptape
