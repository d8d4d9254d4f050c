#include "analyzer/overview.h"

#include <algorithm>

#include "analyzer/caveats.h"
#include "analyzer/measured_reports.h"

namespace heaptape {

OverviewReport overview(const TapeReader& tape, const Selection& selection, std::size_t steps, Symbols& symbols) {
  Sites sites(tape, symbols);
  OverviewReport report;
  const Measured measured = measure_timeline(report.timeline, tape, selection, sites, steps);
  report.totals = measured.totals;
  report.margins = measured.margins;
  const bool is_range = selection.report().has_range();
  const std::uint64_t begin_ns = is_range ? selection.begin_ns() : 0;
  const std::uint64_t end_ns = is_range ? selection.end_ns() : duration_of(tape);
  report.duration_ns = end_ns - begin_ns;
  for (const RssSample& sample : tape.rss())
    if (begin_ns <= sample.time_ns && sample.time_ns <= end_ns)
      report.rss_peak = std::max(report.rss_peak, sample.bytes);
  report.has_rss = !tape.rss().empty();
  report.is_lossy = tape.ledger().lossy();
  report.tree = call_tree_of(tape, selection, measured, Cost::peak, TreeReport::Direction::callees, symbols);
  report.leaks = leaks_of(tape, selection, measured, sites, {.stacks = false}, {}, symbols);
  // By now it is known which files of symbols do not fit.
  report.timeline.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
