#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "analyzer/account.h"
#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/lifetimes.h"
#include "analyzer/sites.h"

namespace heaptape {
namespace {

using By = LifetimesReport::By;

LifetimesReport::Quantile quantile_of(const Quantiles& values, std::uint64_t unit) {
  return {values.percentile(50) * unit, values.percentile(90) * unit, values.percentile(99) * unit,
          values.largest() * unit};
}

LifetimesReport::ByThread thread_of(const TapeReader& tape, ThreadId id) {
  const Thread& thread = tape.threads()[static_cast<std::size_t>(id)];
  return {thread.name, thread.tid};
}

LifetimesReport::Figures figures_of(const TapeReader& tape, const LifetimeFigures& parts) {
  LifetimesReport::Figures figures{.count = whole(parts.count),
                                   .live = whole(parts.live),
                                   .temporary = whole(parts.temporary),
                                   .lifetime_ns = quantile_of(parts.lifetimes, clock_step_of(tape)),
                                   .distance = quantile_of(parts.distances, 1),
                                   .byte_seconds = std::ldexp(static_cast<double>(parts.byte_time), -kPartBits) / 1e9,
                                   .outlived = whole(parts.outlived),
                                   .freed_elsewhere = whole(parts.freed_elsewhere),
                                   .freed_by = {},
                                   .freed_by_others = whole(parts.freed_by_others)};
  for (const auto& [thread, blocks] : parts.freed_by)
    figures.freed_by.push_back({thread_of(tape, thread), whole(blocks)});
  std::stable_sort(figures.freed_by.begin(), figures.freed_by.end(),
                   [](const auto& a, const auto& b) { return a.blocks > b.blocks; });
  return figures;
}

// Stacks whose site and caller are the same places are one loop.
std::vector<LifetimesReport::Loop> loops_of(const std::vector<std::uint64_t>& temporary, Sites& sites) {
  struct Found {
    Location caller;
    std::uint64_t parts = 0;
  };
  std::map<std::tuple<std::uint32_t, std::string, std::string, std::string, std::uint32_t>, Found> known;
  for (std::size_t i = 0; i < temporary.size(); ++i) {
    if (temporary[i] == 0) continue;
    const auto stack = static_cast<StackId>(i);
    const Location caller = sites.caller_of(stack);
    Found& found = known[{sites.of(stack), caller.function, caller.module, caller.file, caller.line}];
    found.caller = caller;
    found.parts += temporary[i];
  }
  std::vector<LifetimesReport::Loop> loops;
  for (const auto& [key, found] : known)
    loops.push_back({sites[std::get<0>(key)].place, found.caller, whole(found.parts)});
  std::stable_sort(loops.begin(), loops.end(), [](const auto& a, const auto& b) { return a.temporary > b.temporary; });
  return loops;
}

LifetimeReading::GroupOf grouping_of(By by, Sites& sites) {
  if (by == By::site) return [&sites](const Block& block) { return sites.of(block.stack); };
  return [](const Block& block) { return static_cast<std::uint32_t>(block.thread); };
}

LifetimesReport report_of(const TapeReader& tape, const Selection& selection, By by, const LifetimeReading& reading,
                          std::size_t grouping, Sites& sites) {
  auto report = begun_report<LifetimesReport>(tape, selection);
  report.by = by;
  report.clock_step_ns = clock_step_of(tape);
  const std::vector<LifetimeFigures>& groups = reading.groups(grouping);
  report.total = figures_of(tape, reading.total());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].count == 0) continue;
    LifetimesReport::Group group{.figures = figures_of(tape, groups[i])};
    if (by == By::site) {
      const Site& site = sites[static_cast<std::uint32_t>(i)];
      group.label = site.label;
      group.detail = site.detail;
      group.place = site.place;
    } else {
      group.thread = thread_of(tape, ThreadId{static_cast<std::uint32_t>(i)});
      group.label = group.thread.name.empty() ? fmt::format("thread {}", group.thread.tid) : group.thread.name;
      group.detail = std::to_string(group.thread.tid);
    }
    report.groups.push_back(std::move(group));
  }
  std::stable_sort(report.groups.begin(), report.groups.end(),
                   [](const auto& a, const auto& b) { return a.figures.byte_seconds > b.figures.byte_seconds; });
  report.loops = loops_of(reading.temporary(), sites);
  report.margins = margins_of(tape, reading.totals().estimate());
  return report;
}

}  // namespace

LifetimesReport lifetimes(const TapeReader& tape, const Selection& selection, By by, Symbols& symbols) {
  Sites sites(tape, symbols);
  LifetimeReading reading(tape, selection, {grouping_of(by, sites)});
  const std::vector<Damage> unread = reading.read();
  LifetimesReport report = report_of(tape, selection, by, reading, 0, sites);
  report.caveats = caveats_of(tape, unread, symbols);
  return report;
}

std::pair<LifetimesReport, LifetimesReport> lifetimes_by_site_and_thread(const TapeReader& tape,
                                                                         const Selection& selection, Symbols& symbols) {
  Sites sites(tape, symbols);
  LifetimeReading reading(tape, selection, {grouping_of(By::site, sites), grouping_of(By::thread, sites)});
  const std::vector<Damage> unread = reading.read();
  std::pair both{report_of(tape, selection, By::site, reading, 0, sites),
                 report_of(tape, selection, By::thread, reading, 1, sites)};
  both.first.caveats = both.second.caveats = caveats_of(tape, unread, symbols);
  return both;
}

}  // namespace heaptape
