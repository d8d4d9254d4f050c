#include "analyzer/measure.h"

#include <algorithm>
#include <utility>

#include "analyzer/range_costs.h"
#include "analyzer/stack_costs.h"
#include "analyzer/whole_costs.h"

namespace heaptape {
namespace {

// Shows a pass what happens up to an event, and with it.
class UpTo : public Pass {
 public:
  UpTo(Pass& pass, std::uint64_t until) : pass_(&pass), until_(until) {}
  void opened(const Opening& opening) override { pass_->opened(opening); }
  void born(const Block& block, Moment now) override {
    if (now.event <= until_) pass_->born(block, now);
  }
  void ended(const Block& block, Fate fate, Moment now) override {
    if (now.event <= until_) pass_->ended(block, fate, now);
  }
  void restored(const Block& block, Fate fate, Moment now) override {
    if (now.event <= until_) pass_->restored(block, fate, now);
  }
  void other(const Event& event, Moment now) override {
    if (now.event <= until_) pass_->other(event, now);
  }

 private:
  Pass* pass_;
  std::uint64_t until_;
};

void keep_residue_apart(Measured& measured, const Sites& sites) {
  measured.residue.resize(measured.stacks.size());
  for (std::size_t i = 0; i < measured.stacks.size(); ++i) {
    Costs& costs = measured.stacks[i];
    if (costs.leaked_blocks == 0 || !sites.is_residue(static_cast<StackId>(i))) continue;
    std::swap(costs.leaked, measured.residue[i].leaked);
    std::swap(costs.leaked_blocks, measured.residue[i].leaked_blocks);
  }
}

template <class CostsPass>
Measured measured_by(const CostsPass& pass, const TapeReader& tape, std::vector<Damage> unread, const Sites& sites) {
  const Estimate estimate = pass.estimate();
  Measured measured{estimate.totals, margins_of(tape, estimate), pass.costs(), std::move(unread), {}};
  keep_residue_apart(measured, sites);
  return measured;
}

Measured measured_by(WholeCosts whole, const Sites& sites) {
  Measured measured{whole.totals, {}, std::move(whole.stacks), {}, {}};
  keep_residue_apart(measured, sites);
  return measured;
}

Measured measure_by_replay(const TapeReader& tape, const Membership& membership, const Sites& sites,
                           std::vector<Pass*> beside) {
  StackCostsPass pass(membership, tape.frames().size());
  beside.push_back(&pass);
  std::vector<Damage> unread = replay(tape, beside);
  return measured_by(pass, tape, std::move(unread), sites);
}

}  // namespace

Measured measure(const TapeReader& tape, const Selection& selection, const Sites& sites, std::vector<Pass*> beside,
                 RangedPass* curve) {
  if (selection.is_whole()) {
    if (beside.empty())
      if (auto whole = whole_costs(tape, selection.membership())) return measured_by(std::move(*whole), sites);
    return measure_by_replay(tape, selection.membership(), sites, std::move(beside));
  }
  RangeCostsPass pass(selection, tape.frames().size());
  Window costs(selection, pass), curve_window(selection, curve != nullptr ? *curve : pass);
  beside.push_back(&costs);
  if (curve != nullptr) beside.push_back(&curve_window);
  std::vector<Damage> unread = replay(tape, beside);
  costs.finish();
  if (curve != nullptr) curve_window.finish();
  return measured_by(pass, tape, std::move(unread), sites);
}

Measured measure_curve(const TapeReader& tape, const Selection& selection, const Sites& sites, std::size_t samples,
                       std::vector<StepCurve::Step>& steps, MarksPass* marks) {
  StepCurve curve(selection.end_ns(), samples);
  if (auto whole = whole_costs(tape, selection.membership(), {.curve = &curve, .others = marks})) {
    steps = curve.take_steps();
    return measured_by(std::move(*whole), sites);
  }
  CurvePass pass(selection.membership(), selection.end_ns(), samples);
  std::vector<Pass*> beside{&pass};
  if (marks != nullptr) {
    marks->marks.clear();
    beside.push_back(marks);
  }
  Measured measured = measure_by_replay(tape, selection.membership(), sites, std::move(beside));
  steps = pass.take_steps();
  return measured;
}

Measured measure_growth(const TapeReader& tape, const Selection& selection, Sites& sites,
                        std::optional<GrowthPass>& growth) {
  growth.emplace(tape, selection, sites);
  if (selection.is_whole()) {
    if (auto whole = whole_costs(tape, selection.membership(), {.growth = &*growth}))
      return measured_by(std::move(*whole), sites);
    growth.emplace(tape, selection, sites);
  }
  Window window(selection, *growth);
  return measure(tape, selection, sites, {&window});
}

Measured measure_until(const TapeReader& tape, const Membership& membership, const Sites& sites, std::uint64_t until) {
  StackCostsPass pass(membership, tape.frames().size());
  UpTo part(pass, until);
  Pass* const passes[] = {until < tape.events() ? static_cast<Pass*>(&part) : &pass};
  std::vector<Damage> unread = replay(tape, passes);
  return measured_by(pass, tape, std::move(unread), sites);
}

std::vector<SiteShare> peak_shares(const CostsByStack& stacks, Sites& sites, std::size_t limit) {
  std::vector<SiteShare> shares;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    if (stacks[i].peak_blocks == 0) continue;
    const std::uint32_t site = sites.of(static_cast<StackId>(i));
    if (site >= shares.size()) shares.resize(site + 1);
    shares[site].bytes += stacks[i].peak;
    shares[site].blocks += stacks[i].peak_blocks;
  }
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i].label = label_of(sites[static_cast<std::uint32_t>(i)]);
  std::erase_if(shares, [](const SiteShare& share) { return share.blocks == 0; });
  std::stable_sort(shares.begin(), shares.end(),
                   [](const SiteShare& a, const SiteShare& b) { return a.bytes > b.bytes; });
  if (shares.size() > limit) shares.resize(limit);
  return shares;
}

}  // namespace heaptape
