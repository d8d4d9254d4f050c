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
void fill_timeline(TimelineReport& report, const TapeReader& tape, const Measured& measured,
                   std::vector<TimelineReport::Mark> marks, Sites& sites, std::size_t samples);

TreeReport call_tree_of(const TapeReader& tape, const Selection& selection, const Measured& measured, Cost cost,
                        TreeReport::Direction direction, Symbols& symbols);

// `growth`: what the same reading was shown to, behind a Window; null: not asked for.
LeaksReport leaks_of(const TapeReader& tape, const Selection& selection, const Measured& measured, Sites& sites,
                     GrowthPass* growth, const Suppressions& suppressions, Symbols& symbols);

}  // namespace heaptape
