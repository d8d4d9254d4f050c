#include "analyzer/site_lifetimes.h"

#include <algorithm>

#include "analyzer/caveats.h"
#include "analyzer/lifetimes.h"

namespace heaptape {
namespace {

// Steps of the clock that a lifetime must change by: of what lives shorter the clock tells hardly more than that.
constexpr std::uint64_t kLeastSteps = 10;

SiteLifetimes told_of(const LifetimeFigures& figures, std::uint64_t clock_step_ns) {
  constexpr std::uint64_t kNanosecondsPerMs = 1'000'000;
  const WideCount byte_ms = (figures.byte_time >> kPartBits) / kNanosecondsPerMs;
  return {.p50_ns = figures.lifetimes.percentile(50) * clock_step_ns,
          .p90_ns = figures.lifetimes.percentile(90) * clock_step_ns,
          .distance = figures.distances.percentile(50),
          .released = whole(figures.count - figures.live),
          .byte_ms = byte_ms > UINT64_MAX ? UINT64_MAX : static_cast<std::uint64_t>(byte_ms)};
}

Selection selection_up_to(const RunFigures& run, const DiffOptions& options) {
  if (!options.align) return Selection(run.tape(), options.layer);
  return Selection(run.tape(), {.layer = options.layer, .to = options.align}, run.symbols());
}

using SiteFigure = std::uint64_t SiteLifetimes::*;

Spread spread_over(const std::vector<SiteLifetimes>& runs, SiteFigure figure, bool of_released) {
  std::vector<std::uint64_t> values;
  for (const SiteLifetimes& run : runs)
    if (!of_released || run.released != 0) values.push_back(run.*figure);
  return spread_of(std::move(values));
}

bool is_other_life(const Change& change, std::uint64_t clock_step_ns) {
  if (change.base.runs == 0 || change.now.runs == 0 || change.is_noise()) return false;
  const auto [shorter, longer] = std::minmax(change.base.median, change.now.median);
  return longer - shorter >= kLeastSteps * clock_step_ns && longer / 2 >= shorter;
}

}  // namespace

RunLifetimes lifetimes_of(const RunFigures& run, const std::vector<RunSite>& sites, const DiffOptions& options) {
  const TapeReader& tape = run.tape();
  std::vector<std::uint32_t> site_of(tape.frames().size(), static_cast<std::uint32_t>(sites.size()));
  for (std::size_t i = 0; i < sites.size(); ++i)
    for (const StackId stack : sites[i].stacks)
      site_of[static_cast<std::size_t>(stack)] = static_cast<std::uint32_t>(i);
  const Selection selection = selection_up_to(run, options);
  LifetimeReading reading(tape, selection,
                          {[&](const Block& block) { return site_of[static_cast<std::size_t>(block.stack)]; }},
                          LifetimeReading::Ask::not_outlived);
  // What is damaged the first reading has told.
  static_cast<void>(reading.read());
  const std::uint64_t step = clock_step_of(tape);
  RunLifetimes lifetimes{told_of(reading.total(), step), std::vector<SiteLifetimes>(sites.size())};
  const std::vector<LifetimeFigures>& groups = reading.groups(0);
  for (std::size_t i = 0; i < std::min(groups.size(), sites.size()); ++i) lifetimes.sites[i] = told_of(groups[i], step);
  return lifetimes;
}

LifetimeChanges lifetime_changes(const std::vector<SiteLifetimes>& base, const std::vector<SiteLifetimes>& now,
                                 std::uint64_t clock_step_ns) {
  const auto change = [&](SiteFigure figure, bool of_released) {
    return Change{spread_over(base, figure, of_released), spread_over(now, figure, of_released)};
  };
  LifetimeChanges changes{.p50_ns = change(&SiteLifetimes::p50_ns, true),
                          .p90_ns = change(&SiteLifetimes::p90_ns, true),
                          .distance = change(&SiteLifetimes::distance, true),
                          .released = change(&SiteLifetimes::released, false),
                          .byte_ms = change(&SiteLifetimes::byte_ms, false)};
  changes.is_change = is_other_life(changes.p50_ns, clock_step_ns) || is_other_life(changes.p90_ns, clock_step_ns);
  return changes;
}

}  // namespace heaptape
