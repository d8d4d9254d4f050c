// The live-bytes curve of the chosen blocks in a range, older ones included. Behind a Window.
#pragma once

#include <algorithm>
#include <vector>

#include "analyzer/curve.h"
#include "analyzer/ranged_pass.h"

namespace heaptape {

class RangeCurvePass : public RangedPass {
 public:
  RangeCurvePass(const Selection& selection, const TapeReader& tape, std::size_t samples)
      : begin_ns_(selection.begin_ns()),
        every_(Layer::all, tape.frames(), {}),
        curve_(every_, selection.end_ns() - selection.begin_ns(), samples) {}
  RangeCurvePass(const RangeCurvePass&) = delete;
  RangeCurvePass& operator=(const RangeCurvePass&) = delete;

  void born(const Block& block, Moment now) override { curve_.born(block, in_range(now)); }
  void ended(const Block& block, Fate fate, Moment now) override { curve_.ended(block, fate, in_range(now)); }
  void restored(const Block& block, Fate fate, Moment now) override { curve_.restored(block, fate, in_range(now)); }
  void range_begins() override { curve_.begin_here(); }

  // Complete up to the end of the range; call once, after the replay. Times are those of the tape.
  std::vector<CurvePass::Step> take_steps() {
    std::vector<CurvePass::Step> steps = curve_.take_steps();
    for (CurvePass::Step& step : steps) {
      step.begin_ns += begin_ns_;
      step.high.time_ns += begin_ns_;
    }
    return steps;
  }

 private:
  Moment in_range(Moment now) const { return {now.time_ns - std::min(now.time_ns, begin_ns_), now.event}; }

  std::uint64_t begin_ns_;
  Membership every_;
  CurvePass curve_;
};

}  // namespace heaptape
