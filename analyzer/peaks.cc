#include <limits>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/distinct_peaks.h"
#include "analyzer/measure.h"
#include "analyzer/range_curve.h"

namespace heaptape {

PeaksReport peaks(const TapeReader& tape, const Selection& selection, std::size_t others, Symbols& symbols) {
  auto report = begun_report<PeaksReport>(tape, selection);
  report.duration_ns = duration_of(tape);
  Sites sites(tape, symbols);
  Measured measured;
  if (selection.is_whole()) {
    std::vector<StepCurve::Step> steps;
    measured = measure_curve(tape, selection, sites, kPeakSteps, steps);
    report.others = distinct_peaks(steps, others + 1);
  } else {
    RangeCurvePass curve(selection, tape, kPeakSteps);
    measured = measure(tape, selection, sites, {}, &curve);
    report.others = distinct_peaks(curve.take_steps(), others + 1);
  }
  if (!report.others.empty()) report.others.erase(report.others.begin());
  report.peak = peak_of(measured.totals);
  report.sites = peak_shares(measured.stacks, sites, std::numeric_limits<std::size_t>::max());
  report.margins = measured.margins;
  report.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
