// The stacks of a layer, or of what else was selected, weighed: what top, peaks, leaks and trees start from.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/curve.h"
#include "analyzer/growth.h"
#include "analyzer/marks_pass.h"
#include "analyzer/ranged_pass.h"
#include "analyzer/replay.h"
#include "analyzer/reports.h"
#include "analyzer/sites.h"

namespace heaptape {

struct Measured {
  Totals totals;                   // estimates where births were sampled
  std::optional<Margins> margins;  // then
  CostsByStack stacks;             // by StackId; `leaked` without the runtime's residue
  std::vector<Damage> unread;
  CostsByStack residue;  // by StackId; only `leaked` is set
};

// Shows the same reading to `beside` too, all of it; and to `curve` what is selected.
Measured measure(const TapeReader& tape, const Selection& selection, const Sites& sites, std::vector<Pass*> beside = {},
                 RangedPass* curve = nullptr);
// The same of the whole run, with its curve in so many steps, and its marks where these are asked for.
Measured measure_curve(const TapeReader& tape, const Selection& selection, const Sites& sites, std::size_t samples,
                       std::vector<StepCurve::Step>& steps, MarksPass* marks = nullptr);
// As measure(), and how sites grew; `sites` must outlive `growth`.
Measured measure_growth(const TapeReader& tape, const Selection& selection, Sites& sites,
                        std::optional<GrowthPass>& growth);
// A layer's figures after so many events of the tape, as if it had ended there.
Measured measure_until(const TapeReader& tape, const Membership& membership, const Sites& sites, std::uint64_t until);

// The largest sites at the peak, at most `limit`.
std::vector<SiteShare> peak_shares(const CostsByStack& stacks, Sites& sites, std::size_t limit);

}  // namespace heaptape
