// How fast tapes are read: events a second, of each TAPE that is named, and of all together.
//   build/release/tests/bench/replay TAPE…
//
// open: what `summary` needs. decode: every block of events, by one thread. costs: what `top`, `leaks` and `peaks`
// need, in one reading, symbols excluded; replay: the same but for how leaks grew, by passes. Medians of several
// rounds, tapes in the page cache.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "analyzer/curve.h"
#include "analyzer/membership.h"
#include "analyzer/selection.h"
#include "analyzer/sites.h"
#include "analyzer/stack_costs.h"
#include "analyzer/symbols.h"
#include "analyzer/whole_costs.h"
#include "format/reader.h"

namespace heaptape {
namespace {

constexpr int kRounds = 7;

template <class Work>
double seconds_of(const Work& work) {
  std::vector<double> all;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    all.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::nth_element(all.begin(), all.begin() + kRounds / 2, all.end());
  return all[kRounds / 2];
}

void decode_all(const TapeReader& tape) {
  std::uint64_t events = 0;
  tape.for_each([&](std::span<const Event> some) { events += some.size(); });
  if (events + tape.opening().events != tape.events()) abort();
}

void replay_all(const TapeReader& tape) {
  const Membership membership(Layer::program, tape.frames(), {});
  StackCostsPass costs(membership, tape.frames().size());
  CurvePass curve(membership, tape.ending().duration_ns, 4096);
  Pass* const passes[] = {&costs, &curve};
  if (!replay(tape, passes).empty()) abort();
  if (costs.estimate().totals.peak_bytes != tape.totals().program.peak_bytes) abort();
}

// `sites` looks up the site of each stack once.
void cost_all(const TapeReader& tape, Sites& sites) {
  StepCurve curve(tape.ending().duration_ns, 4096);
  const Selection selection(tape, Layer::program);
  GrowthPass growth(tape, selection, sites);
  if (!whole_costs(tape, selection.membership(), {.curve = &curve, .growth = &growth})) abort();
}

struct Figures {
  double events = 0, opening = 0, decoding = 0, replaying = 0, costing = 0;
};

void show(const std::string& name, const Figures& figures) {
  const auto rate = [&](double seconds) {
    return fmt::format("{:.1f} ns, {:.0f} M/s", seconds / figures.events * 1e9, figures.events / seconds / 1e6);
  };
  fmt::print("{:<28} {:>12.0f} {:>9.1f} ms {:>20} {:>20} {:>20}\n", name, figures.events, figures.opening * 1e3,
             rate(figures.decoding), rate(figures.replaying), rate(figures.costing));
}

int run(const std::vector<std::string>& paths) {
  fmt::print("{:<28} {:>12} {:>12} {:>20} {:>20} {:>20}\n", "tape", "events", "open", "decode, 1 thread", "replay",
             "costs");
  Figures all;
  for (const std::string& path : paths) {
    const TapeReader tape(path);
    Figures one;
    one.events = static_cast<double>(tape.events() - tape.opening().events);
    one.opening = seconds_of([&] { const TapeReader again(path); });
    one.decoding = seconds_of([&] { decode_all(tape); });
    one.replaying = seconds_of([&] { replay_all(tape); });
    Symbols symbols(tape.modules(), {.sysroot = "/nowhere"});
    Sites sites(tape, symbols);
    one.costing = seconds_of([&] { cost_all(tape, sites); });
    show(path.substr(path.rfind('/') + 1), one);
    all.events += one.events;
    all.opening += one.opening;
    all.decoding += one.decoding;
    all.replaying += one.replaying;
    all.costing += one.costing;
  }
  if (paths.size() > 1) show("all", all);
  return 0;
}

}  // namespace
}  // namespace heaptape

int main(int argc, char** argv) { return heaptape::run({argv + 1, argv + argc}); }
