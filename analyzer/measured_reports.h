// Reports made of figures that are measured already: what those share that show several of them in one reading.
#pragma once

#include <cstddef>
#include <vector>

#include "analyzer/analyze.h"
#include "analyzer/curve.h"
#include "analyzer/growth.h"
#include "analyzer/measure.h"

namespace heaptape {

void take_steps(TimelineReport& report, const std::vector<CurvePass::Step>& steps);

// All that a timeline has beside its steps and bands. `samples`: of RSS, at most.
void fill_timeline(TimelineReport& report, const TapeReader& tape, const Selection& selection, const Measured& measured,
                   std::vector<TimelineReport::Mark> marks, Sites& sites, std::size_t samples);

// A timeline without bands and caveats, and what else is measured in the same reading.
Measured measure_timeline(TimelineReport& report, const TapeReader& tape, const Selection& selection, Sites& sites,
                          std::size_t samples, std::vector<Pass*> beside = {});

TreeReport call_tree_of(const TapeReader& tape, const Selection& selection, const Measured& measured, Cost cost,
                        TreeReport::Direction direction, Symbols& symbols);

// What is told of a leaking site beside its bytes and blocks.
struct LeakDetails {
  GrowthPass* growth = nullptr;  // what the same reading was shown to, behind a Window; null: not how it grew
  bool stacks = true;            // false, and no suppressions: not its stacks, whose frames all need names
};
LeaksReport leaks_of(const TapeReader& tape, const Selection& selection, const Measured& measured, Sites& sites,
                     const LeakDetails& details, const Suppressions& suppressions, Symbols& symbols);

}  // namespace heaptape
