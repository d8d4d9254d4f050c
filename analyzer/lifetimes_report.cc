#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "analyzer/account.h"
#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/lifetime_parts.h"
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
struct FoundLoop {
  LifetimesReport::Loop loop;
  std::vector<StackId> stacks;
};
std::vector<FoundLoop> loops_of(const std::vector<std::uint64_t>& temporary, Sites& sites) {
  struct Found {
    Location caller;
    std::uint64_t parts = 0;
    std::vector<StackId> stacks;
  };
  std::map<std::tuple<std::uint32_t, std::string, std::string, std::string, std::uint32_t>, Found> known;
  for (std::size_t i = 0; i < temporary.size(); ++i) {
    if (temporary[i] == 0) continue;
    const auto stack = static_cast<StackId>(i);
    const Location caller = sites.caller_of(stack);
    Found& found = known[{sites.of(stack), caller.function, caller.module, caller.file, caller.line}];
    found.caller = caller;
    found.parts += temporary[i];
    found.stacks.push_back(stack);
  }
  std::vector<FoundLoop> loops;
  for (auto& [key, found] : known)
    loops.push_back({{sites[std::get<0>(key)].place, found.caller, whole(found.parts)}, std::move(found.stacks)});
  std::stable_sort(loops.begin(), loops.end(),
                   [](const auto& a, const auto& b) { return a.loop.temporary > b.loop.temporary; });
  return loops;
}

LifetimeReading::GroupOf grouping_of(By by, Sites& sites) {
  if (by == By::site) return [&sites](const Block& block) { return sites.of(block.stack); };
  return [](const Block& block) { return static_cast<std::uint32_t>(block.thread); };
}

// Numbers of the groups that have blocks, most byte-seconds first.
std::vector<std::uint32_t> order_of(const std::vector<LifetimeFigures>& groups) {
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (whole(groups[i].count) != 0) order.push_back(static_cast<std::uint32_t>(i));
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return groups[a].byte_time > groups[b].byte_time; });
  return order;
}

LifetimesReport report_of(const TapeReader& tape, const Selection& selection, By by, const LifetimeReading& reading,
                          std::size_t grouping, const std::vector<FoundLoop>& loops, Sites& sites) {
  auto report = begun_report<LifetimesReport>(tape, selection);
  report.by = by;
  report.clock_step_ns = clock_step_of(tape);
  const std::vector<LifetimeFigures>& groups = reading.groups(grouping);
  report.total = figures_of(tape, reading.total());
  for (const std::uint32_t number : order_of(groups)) {
    LifetimesReport::Group group{.figures = figures_of(tape, groups[number])};
    if (by == By::site) {
      const Site& site = sites[number];
      group.label = site.label;
      group.detail = site.detail;
      group.place = site.place;
    } else {
      group.thread = thread_of(tape, ThreadId{number});
      group.label = group.thread.name.empty() ? fmt::format("thread {}", group.thread.tid) : group.thread.name;
      group.detail = std::to_string(group.thread.tid);
    }
    report.groups.push_back(std::move(group));
  }
  for (const FoundLoop& found : loops) report.loops.push_back(found.loop);
  report.margins = margins_of(tape, reading.totals().estimate());
  return report;
}

}  // namespace

LifetimesReport lifetimes(const TapeReader& tape, const Selection& selection, By by, Symbols& symbols) {
  Sites sites(tape, symbols);
  LifetimeReading reading(tape, selection, {grouping_of(by, sites)});
  const std::vector<Damage> unread = reading.read();
  LifetimesReport report = report_of(tape, selection, by, reading, 0, loops_of(reading.temporary(), sites), sites);
  report.caveats = caveats_of(tape, unread, symbols);
  return report;
}

LifetimesInParts lifetimes_in_parts(const TapeReader& tape, const Selection& selection, const TimeBuckets& buckets,
                                    Symbols& symbols) {
  Sites sites(tape, symbols);
  LifetimeCollector collector(buckets, clock_step_of(tape), tape.opening().events, selection.end_ns(), 2);
  LifetimeReading reading(tape, selection, {grouping_of(By::site, sites), grouping_of(By::thread, sites)},
                          LifetimeReading::Ask::all, &collector);
  const std::vector<Damage> unread = reading.read();
  const std::vector<FoundLoop> loops = loops_of(reading.temporary(), sites);
  LifetimesInParts all{.by_site = report_of(tape, selection, By::site, reading, 0, loops, sites),
                       .by_thread = report_of(tape, selection, By::thread, reading, 1, loops, sites)};
  all.by_site.caveats = all.by_thread.caveats = caveats_of(tape, unread, symbols);
  for (const std::uint32_t site : order_of(reading.groups(0))) all.site_parts.push_back(collector.parts(0, site));
  for (const std::uint32_t thread : order_of(reading.groups(1))) all.thread_parts.push_back(collector.parts(1, thread));
  for (const FoundLoop& loop : loops) all.loop_parts.push_back(collector.temporary(loop.stacks));
  return all;
}

}  // namespace heaptape
