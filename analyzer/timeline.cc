#include <algorithm>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/claims.h"
#include "analyzer/curve.h"
#include "analyzer/measure.h"

namespace heaptape {
namespace {

class MarksPass : public Pass {
 public:
  explicit MarksPass(const TapeReader& tape) : tape_(&tape) {}
  void opened(const Opening& opening) override {
    for (const OpeningMark& mark : opening.marks) add(mark.time_ns, mark.name, mark.thread);
  }
  void other(const Event& event, Moment) override {
    if (event.kind == EventKind::mark) add(event.time_ns, TextId{event.reference}, event.thread);
  }
  std::vector<TimelineReport::Mark> marks;

 private:
  void add(std::uint64_t time_ns, TextId name, ThreadId thread) {
    marks.push_back({time_ns, tape_->texts()[static_cast<std::size_t>(name)],
                     tape_->threads()[static_cast<std::size_t>(thread)].name});
  }
  const TapeReader* tape_;
};

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

constexpr std::size_t kPeakSites = 12;

}  // namespace

TimelineReport timeline(const TapeReader& tape, Layer layer, std::size_t samples, Symbols& symbols) {
  const Membership membership = membership_of(tape, layer);
  Sites sites(tape, symbols);
  CurvePass curve(membership, duration_of(tape), samples);
  MarksPass marks(tape);
  const Measured measured = measure(tape, membership, sites, {&curve, &marks});

  TimelineReport report;
  report.layer = layer;
  report.program = program_of(tape);
  report.command = command_of(tape);
  report.duration_ns = duration_of(tape);
  report.peak = peak_of(measured.totals);
  for (const CurvePass::Step& step : curve.take_steps()) {
    report.steps.push_back({step.begin_ns, step.low, step.high.bytes, step.last});
  }
  report.rss = thinned(tape.rss(), std::max<std::size_t>(samples, 1));
  report.marks = std::move(marks.marks);
  report.peak_sites = peak_shares(measured.stacks, sites, kPeakSites);
  report.live_at_end = measured.totals.live_bytes;
  report.margins = measured.margins;
  report.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
