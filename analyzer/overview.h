// A whole run on one page: figures, timeline, the tree of calls at the peak, leaks.
#pragma once

#include <cstddef>

#include "analyzer/analyze.h"

namespace heaptape {

struct OverviewReport {
  SummaryReport summary;
  TimelineReport timeline;
  TreeReport tree;    // by the peak, from main down
  LeaksReport leaks;  // without stacks, and how sites grew
};

// The same figures as each of these has by itself, in one reading (two more where the tape has tracked variables). Of a
// layer's whole run.
OverviewReport overview(const TapeReader& tape, const Selection& selection, std::size_t steps, Symbols& symbols);

}  // namespace heaptape
