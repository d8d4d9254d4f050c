// A run, or what was chosen of it, on one page: figures, timeline, the tree of calls at the peak, leaks.
#pragma once

#include <cstddef>
#include <optional>

#include "analyzer/analyze.h"

namespace heaptape {

struct OverviewReport {
  Totals totals;                   // of what was chosen, as `top` has them
  std::optional<Margins> margins;  // empty: they are exact
  std::uint64_t rss_peak = 0;      // in its time; 0: no sample lies in it
  bool has_rss = false;            // the tape has samples
  std::uint64_t duration_ns = 0;   // of the run, or of the range
  bool is_lossy = false;           // the tape is
  TimelineReport timeline;
  TreeReport tree;    // by the peak, from main down
  LeaksReport leaks;  // without stacks, and how sites grew
};

// The same figures as each of these has by itself, in one reading.
OverviewReport overview(const TapeReader& tape, const Selection& selection, std::size_t steps, Symbols& symbols);

}  // namespace heaptape
