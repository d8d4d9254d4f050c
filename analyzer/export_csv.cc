#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "analyzer/export.h"

namespace heaptape {
namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string place_fields(const Location& place) {
  return fmt::format("{},{},{},{}", field(place.function), field(place.file),
                     place.line == 0 ? "" : std::to_string(place.line), field(place.module));
}

// Of an instant no more is known than what was live.
const char* columns_of(const SelectionReport& selection) {
  return selection.at ? "function,file,line,module,live_bytes,live_blocks"
                      : "function,file,line,module,peak_bytes,peak_blocks,allocated_bytes,allocations,temporary,"
                        "leaked_bytes,leaked_blocks";
}

std::string fields_of(const SelectionReport& selection, const Location& place, const Costs& costs) {
  if (selection.at) return fmt::format("{},{},{}", place_fields(place), costs.live, costs.live_blocks);
  return fmt::format("{},{},{},{},{},{},{},{}", place_fields(place), costs.peak, costs.peak_blocks, costs.allocated,
                     costs.count, costs.temporary, costs.leaked, costs.leaked_blocks);
}

}  // namespace

std::string to_csv(const TopReport& report) {
  std::string text = fmt::format("{}\r\n", columns_of(report.selection));
  for (const TopReport::Site& site : report.sites) text += fields_of(report.selection, site.place, site.costs) + "\r\n";
  return text;
}

std::string to_csv(const StackProfile& profile, Cost cost) {
  const FoldedNames names(profile);
  // Stacks that differ in lines alone, further out than their site, are one.
  std::map<std::pair<std::uint32_t, std::string>, Costs> lines;
  for (const StackProfile::Stack& stack : profile.stacks) lines[{stack.site, names.of(stack)}] += stack.costs;
  std::vector<decltype(lines)::const_pointer> sorted;
  for (const auto& line : lines) sorted.push_back(&line);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [cost](const auto* a, const auto* b) { return a->second.of(cost) > b->second.of(cost); });
  std::string text = fmt::format("{},stack\r\n", columns_of(profile.selection));
  for (const auto* line : sorted)
    text += fmt::format("{},{}\r\n", fields_of(profile.selection, profile.sites[line->first.first], line->second),
                        field(line->first.second));
  return text;
}

}  // namespace heaptape
