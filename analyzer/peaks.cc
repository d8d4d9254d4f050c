#include <limits>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/curve.h"
#include "analyzer/distinct_peaks.h"
#include "analyzer/measure.h"

namespace heaptape {
PeaksReport peaks(const TapeReader& tape, Layer layer, std::size_t others, Symbols& symbols) {
  const Selection selection(tape, layer);
  Sites sites(tape, symbols);
  CurvePass curve(selection.membership(), duration_of(tape), kPeakSteps);
  const Measured measured = measure(tape, selection, sites, {&curve});

  PeaksReport report;
  report.layer = layer;
  report.program = program_of(tape);
  report.command = command_of(tape);
  report.duration_ns = duration_of(tape);
  report.peak = peak_of(measured.totals);
  report.sites = peak_shares(measured.stacks, sites, std::numeric_limits<std::size_t>::max());
  report.others = distinct_peaks(curve.take_steps(), others + 1);
  if (!report.others.empty()) report.others.erase(report.others.begin());
  report.margins = measured.margins;
  report.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
