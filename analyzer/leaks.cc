#include <algorithm>
#include <unordered_map>
#include <utility>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/measured_reports.h"

namespace heaptape {
namespace {

template <class Item>
void sort_by_bytes(std::vector<Item>& items) {
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.bytes > b.bytes; });
}

class Grouping {
 public:
  Grouping(Sites& sites, const LeakDetails& details) : sites_(sites), details_(details) {}

  void add(StackId stack, const Costs& costs, std::vector<Location> frames) {
    const std::uint32_t site = sites_.of(stack);
    const auto [known, is_new] = by_site_.try_emplace(site, groups_.size());
    if (is_new) {
      LeaksReport::Group& group = groups_.emplace_back();
      group.label = sites_[site].label;
      group.detail = sites_[site].detail;
      group.place = sites_[site].place;
      if (details_.growth != nullptr) {
        group.levels = details_.growth->levels(site);
        group.growth = growth_of(group.levels, details_.growth->before(site));
      }
    }
    LeaksReport::Group& group = groups_[known->second];
    group.bytes += costs.leaked;
    group.blocks += costs.leaked_blocks;
    if (details_.stacks) group.stacks.push_back({std::move(frames), costs.leaked, costs.leaked_blocks});
  }

  std::vector<LeaksReport::Group> take() {
    for (LeaksReport::Group& group : groups_) sort_by_bytes(group.stacks);
    sort_by_bytes(groups_);
    return std::move(groups_);
  }

 private:
  Sites& sites_;
  LeakDetails details_;
  std::vector<LeaksReport::Group> groups_;                  // in order of stacks
  std::unordered_map<std::uint32_t, std::size_t> by_site_;  // in groups_
};

void suppress(LeaksReport& report, const std::string& pattern, const Costs& costs) {
  auto known = std::find_if(report.suppressed.begin(), report.suppressed.end(),
                            [&](const LeaksReport::Suppressed& one) { return one.pattern == pattern; });
  if (known == report.suppressed.end()) known = report.suppressed.insert(known, {pattern});
  known->bytes += costs.leaked;
  known->blocks += costs.leaked_blocks;
  report.suppressed_bytes += costs.leaked;
  report.suppressed_blocks += costs.leaked_blocks;
}

}  // namespace

LeaksReport leaks(const TapeReader& tape, const Selection& selection, Symbols& symbols,
                  const Suppressions& suppressions) {
  Sites sites(tape, symbols);
  std::optional<GrowthPass> growth;
  const Measured measured = measure_growth(tape, selection, sites, growth);
  return leaks_of(tape, selection, measured, sites, {.growth = &*growth}, suppressions, symbols);
}

LeaksReport leaks_of(const TapeReader& tape, const Selection& selection, const Measured& measured, Sites& sites,
                     const LeakDetails& details, const Suppressions& suppressions, Symbols& symbols) {
  auto report = begun_report<LeaksReport>(tape, selection);
  report.ending = tape.ending();
  const bool to_the_end = selection.end() == tape.events();
  report.ended = to_the_end && (tape.ending().kind == EndKind::exited || tape.ending().kind == EndKind::execed);
  report.exact = report.ended && measured.unread.empty() && is_exact(tape, selection.layer());
  LeakDetails known = details;
  if (known.growth != nullptr && !known.growth->has_steps()) known.growth = nullptr;
  if (known.growth != nullptr) report.growth_from_ns = known.growth->begin_ns();
  Grouping groups(sites, known), residue(sites, known);
  const auto frames_of = [&](StackId stack) { return details.stacks ? sites.frames(stack) : std::vector<Location>{}; };
  for (std::size_t i = 0; i < measured.stacks.size(); ++i) {
    const auto stack = static_cast<StackId>(i);
    if (measured.residue[i].leaked_blocks != 0) residue.add(stack, measured.residue[i], frames_of(stack));
    const Costs& costs = measured.stacks[i];
    if (costs.leaked_blocks == 0) continue;
    std::vector<Location> frames = frames_of(stack);
    const int pattern = suppressions.find(frames);
    if (pattern < 0)
      groups.add(stack, costs, std::move(frames));
    else
      suppress(report, suppressions.patterns()[static_cast<std::size_t>(pattern)], costs);
  }
  report.groups = groups.take();
  report.residue = residue.take();
  for (const LeaksReport::Group& group : report.groups) {
    report.bytes += group.bytes;
    report.blocks += group.blocks;
  }
  for (const LeaksReport::Group& group : report.residue) {
    report.residue_bytes += group.bytes;
    report.residue_blocks += group.blocks;
  }
  report.margins = measured.margins;
  report.caveats = caveats_of(tape, measured.unread, symbols);
  if (details.growth != nullptr) add_growth_caveat(report.caveats, tape, *details.growth);
  return report;
}

}  // namespace heaptape
