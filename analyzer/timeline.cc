#include <algorithm>
#include <map>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/group_curves.h"
#include "analyzer/marks_pass.h"
#include "analyzer/measured_reports.h"
#include "analyzer/range_curve.h"
#include "analyzer/thread_lanes.h"

namespace heaptape {
namespace {

// The marks and samples, in order of time, that lie in the range.
template <class Item>
void keep_in_range(std::vector<Item>& items, const TimelineReport& report) {
  std::erase_if(items,
                [&](const Item& item) { return item.time_ns < report.begin_ns || item.time_ns > report.duration_ns; });
}

constexpr std::size_t kPeakSites = 12;
constexpr std::size_t kThreads = 12;
constexpr std::size_t kBands = 7;  // as many as can be told apart by colour

// Sites, or the modules that sites lie in.
class Groups {
 public:
  Groups(Sites& sites, BandsBy by) : sites_(&sites), by_(by) {}

  std::uint32_t of(StackId stack) {
    const std::uint32_t site = sites_->of(stack);
    if (by_ != BandsBy::module) return site;
    const std::string module = base_name((*sites_)[site].place.module);
    const auto [known, is_new] = modules_.try_emplace(module, static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.push_back(module.empty() ? "no module" : module);
    return known->second;
  }
  std::string label(std::uint32_t group) const {
    return by_ == BandsBy::module ? names_[group] : label_of((*sites_)[group]);
  }

 private:
  Sites* sites_;
  BandsBy by_;
  std::map<std::string, std::uint32_t> modules_;
  std::vector<std::string> names_;
};

void take_bands(TimelineReport& report, const GroupCurvesPass& curves, const Groups& groups) {
  const auto peak = std::find_if(report.steps.begin(), report.steps.end(),
                                 [&](const TimelineReport::Step& step) { return step.high == report.peak.bytes; });
  const auto at = static_cast<std::size_t>(peak - report.steps.begin());
  for (const std::uint32_t group : largest_groups(curves, kBands)) {
    TimelineReport::Band& band =
        report.bands.emplace_back(TimelineReport::Band{.label = groups.label(group), .levels = curves.levels(group)});
    if (at < band.levels.size()) band.at_peak = band.levels[at];
  }
}

// The highest sample of each of `count` equal stretches, where there are more than that.
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

}  // namespace

void take_steps(TimelineReport& report, const std::vector<CurvePass::Step>& steps) {
  for (const CurvePass::Step& step : steps)
    report.steps.push_back({step.begin_ns, step.low, step.high.bytes, step.last});
}

void fill_timeline(TimelineReport& report, const TapeReader& tape, const Selection& selection, const Measured& measured,
                   std::vector<TimelineReport::Mark> marks, Sites& sites, std::size_t samples) {
  take_thread_lanes(report, tape, selection, measured.unread, kThreads);
  report.peak = peak_of(measured.totals);
  report.live_at_end = report.steps.back().last;
  report.rss = tape.rss();
  report.marks = std::move(marks);
  keep_in_range(report.rss, report);
  keep_in_range(report.marks, report);
  report.rss = thinned(report.rss, samples);
  report.peak_sites = peak_shares(measured.stacks, sites, kPeakSites);
  report.margins = measured.margins;
}

Measured measure_timeline(TimelineReport& report, const TapeReader& tape, const Selection& selection, Sites& sites,
                          std::size_t samples, std::vector<Pass*> beside) {
  report = begun_report<TimelineReport>(tape, selection);
  report.begin_ns = selection.begin_ns();
  report.duration_ns = selection.end_ns();
  MarksPass marks(tape);
  std::vector<CurvePass::Step> steps;
  Measured measured;
  if (!selection.is_whole()) {
    RangeCurvePass curve(selection, tape, samples);
    beside.push_back(&marks);
    measured = measure(tape, selection, sites, beside, &curve);
    steps = curve.take_steps();
  } else if (!beside.empty()) {
    CurvePass curve(selection.membership(), report.duration_ns, samples);
    beside.insert(beside.end(), {&marks, &curve});
    measured = measure(tape, selection, sites, beside);
    steps = curve.take_steps();
  } else {
    measured = measure_curve(tape, selection, sites, samples, steps, &marks);
  }
  take_steps(report, steps);
  fill_timeline(report, tape, selection, measured, std::move(marks.marks), sites, std::max<std::size_t>(samples, 1));
  return measured;
}

TimelineReport timeline(const TapeReader& tape, const Selection& selection, std::size_t samples, Symbols& symbols,
                        BandsBy bands) {
  TimelineReport report;
  Sites sites(tape, symbols);
  Groups groups(sites, bands);
  GroupCurvesPass grouped(
      selection, [&](StackId stack) { return groups.of(stack); }, samples);
  Window window(selection, grouped);
  std::vector<Pass*> beside;
  if (bands != BandsBy::none) beside.push_back(&window);
  const Measured measured = measure_timeline(report, tape, selection, sites, samples, beside);
  if (bands != BandsBy::none) {
    window.finish();
    grouped.finish();
    report.banded_by = bands == BandsBy::site ? "site" : "module";
    take_bands(report, grouped, groups);
  }
  report.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
