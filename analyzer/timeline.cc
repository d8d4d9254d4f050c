#include <algorithm>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/marks_pass.h"
#include "analyzer/measure.h"
#include "analyzer/range_curve.h"
#include "analyzer/timeline_parts.h"

namespace heaptape {
namespace {

// The marks and samples, in order of time, that lie in the range.
template <class Item>
void keep_in_range(std::vector<Item>& items, const TimelineReport& report) {
  std::erase_if(items,
                [&](const Item& item) { return item.time_ns < report.begin_ns || item.time_ns > report.duration_ns; });
}

}  // namespace

std::vector<RssSample> thinned(const std::vector<RssSample>& samples, std::size_t count) {
  if (samples.size() <= count) return samples;
  std::vector<RssSample> kept;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(i * samples.size() / count);
    const auto end = samples.begin() + static_cast<std::ptrdiff_t>((i + 1) * samples.size() / count);
    kept.push_back(*std::max_element(begin, end, [](RssSample a, RssSample b) { return a.bytes < b.bytes; }));
  }
  return kept;
}

void take_steps(TimelineReport& report, const std::vector<CurvePass::Step>& steps) {
  for (const CurvePass::Step& step : steps)
    report.steps.push_back({step.begin_ns, step.low, step.high.bytes, step.last});
}

TimelineReport timeline(const TapeReader& tape, const Selection& selection, std::size_t samples, Symbols& symbols) {
  auto report = begun_report<TimelineReport>(tape, selection);
  report.begin_ns = selection.begin_ns();
  report.duration_ns = selection.end_ns();

  Sites sites(tape, symbols);
  MarksPass marks(tape);
  Measured measured;
  if (selection.is_whole()) {
    CurvePass curve(selection.membership(), report.duration_ns, samples);
    measured = measure(tape, selection, sites, {&curve, &marks});
    take_steps(report, curve.take_steps());
  } else {
    RangeCurvePass curve(selection, tape, samples);
    measured = measure(tape, selection, sites, {&marks}, &curve);
    take_steps(report, curve.take_steps());
  }
  report.peak = peak_of(measured.totals);
  report.live_at_end = report.steps.back().last;
  report.rss = tape.rss();
  report.marks = std::move(marks.marks);
  keep_in_range(report.rss, report);
  keep_in_range(report.marks, report);
  report.rss = thinned(report.rss, std::max<std::size_t>(samples, 1));
  report.peak_sites = peak_shares(measured.stacks, sites, kPeakSites);
  report.margins = measured.margins;
  report.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
