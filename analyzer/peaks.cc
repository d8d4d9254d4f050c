#include <algorithm>
#include <limits>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/curve.h"
#include "analyzer/measure.h"

namespace heaptape {
namespace {

// Fine enough that two peaks worth telling apart fall into different steps.
constexpr std::size_t kSteps = 4096;

// Whether between the two steps the curve sinks a tenth below the first one's height.
bool valley_between(const std::vector<CurvePass::Step>& steps, std::size_t lower, std::size_t higher) {
  const auto [begin, end] = std::minmax(lower, higher);
  const std::uint64_t brim = steps[lower].high.bytes - steps[lower].high.bytes / 10;
  return std::any_of(steps.begin() + static_cast<std::ptrdiff_t>(begin) + 1,
                     steps.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](const CurvePass::Step& step) { return step.low < brim; });
}

// Highest first, the very highest included.
std::vector<Peak> distinct_peaks(const std::vector<CurvePass::Step>& steps, std::size_t limit) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].high.event != 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return steps[a].high.bytes > steps[b].high.bytes; });
  std::vector<std::size_t> chosen;
  for (const std::size_t step : order) {
    if (chosen.size() == limit) break;
    const bool distinct = std::all_of(chosen.begin(), chosen.end(),
                                      [&](std::size_t other) { return valley_between(steps, step, other); });
    if (distinct) chosen.push_back(step);
  }
  std::vector<Peak> peaks;
  for (const std::size_t step : chosen) peaks.push_back(steps[step].high);
  return peaks;
}

}  // namespace

PeaksReport peaks(const TapeReader& tape, Layer layer, std::size_t others, Symbols& symbols) {
  const Selection selection(tape, layer);
  Sites sites(tape, symbols);
  CurvePass curve(selection.membership(), duration_of(tape), kSteps);
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
