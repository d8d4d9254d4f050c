#include <algorithm>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/measure.h"

namespace heaptape {
namespace {

template <class Item>
void sort_by_bytes(std::vector<Item>& items) {
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.bytes > b.bytes; });
}

std::vector<LeaksReport::Group> grouped(const std::vector<Costs>& stacks, Sites& sites) {
  std::vector<LeaksReport::Group> groups;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    const Costs& costs = stacks[i];
    if (costs.leaked_blocks == 0) continue;
    const auto stack = static_cast<StackId>(i);
    const std::uint32_t site = sites.of(stack);
    if (site >= groups.size()) groups.resize(site + 1);
    LeaksReport::Group& group = groups[site];
    group.label = sites[site].label;
    group.detail = sites[site].detail;
    group.place = sites[site].place;
    group.bytes += costs.leaked;
    group.blocks += costs.leaked_blocks;
    group.stacks.push_back({sites.frames(stack), costs.leaked, costs.leaked_blocks});
  }
  std::erase_if(groups, [](const LeaksReport::Group& group) { return group.blocks == 0; });
  for (LeaksReport::Group& group : groups) sort_by_bytes(group.stacks);
  sort_by_bytes(groups);
  return groups;
}

}  // namespace

LeaksReport leaks(const TapeReader& tape, const Selection& selection, Symbols& symbols) {
  Sites sites(tape, symbols);
  const Measured measured = measure(tape, selection, sites);

  LeaksReport report;
  report.layer = selection.layer();
  report.selection = selection.report();
  report.program = program_of(tape);
  report.command = command_of(tape);
  report.ending = tape.ending();
  const bool to_the_end = selection.end() == tape.events();
  report.ended = to_the_end && (tape.ending().kind == EndKind::exited || tape.ending().kind == EndKind::execed);
  report.groups = grouped(measured.stacks, sites);
  report.residue = grouped(measured.residue, sites);
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
  return report;
}

}  // namespace heaptape
