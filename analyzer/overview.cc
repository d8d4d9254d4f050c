#include "analyzer/overview.h"

#include "analyzer/caveats.h"
#include "analyzer/marks_pass.h"
#include "analyzer/measured_reports.h"

namespace heaptape {

OverviewReport overview(const TapeReader& tape, const Selection& selection, std::size_t steps, Symbols& symbols) {
  Sites sites(tape, symbols);
  MarksPass marks(tape);
  CurvePass curve(selection.membership(), selection.end_ns(), steps);
  const Measured measured = measure(tape, selection, sites, {&marks, &curve});

  OverviewReport report;
  report.summary = summary(tape, selection.layer());
  report.timeline = begun_report<TimelineReport>(tape, selection);
  report.timeline.duration_ns = selection.end_ns();
  take_steps(report.timeline, curve.take_steps());
  fill_timeline(report.timeline, tape, measured, std::move(marks.marks), sites, steps);
  report.tree = call_tree_of(tape, selection, measured, Cost::peak, TreeReport::Direction::callees, symbols);
  report.leaks = leaks_of(tape, selection, measured, sites, {.stacks = false}, {}, symbols);
  // By now it is known which files of symbols do not fit.
  report.timeline.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
