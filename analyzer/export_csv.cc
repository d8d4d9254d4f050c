#include <fmt/format.h>

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
std::string live_csv(const TopReport& report) {
  std::string text = "function,file,line,module,live_bytes,live_blocks\r\n";
  for (const TopReport::Site& site : report.sites)
    text += fmt::format("{},{},{}\r\n", place_fields(site.place), site.costs.live, site.costs.live_blocks);
  return text;
}

}  // namespace

std::string to_csv(const TopReport& report) {
  if (report.selection.at) return live_csv(report);
  std::string text =
      "function,file,line,module,peak_bytes,peak_blocks,allocated_bytes,allocations,temporary,leaked_bytes,"
      "leaked_blocks\r\n";
  for (const TopReport::Site& site : report.sites) {
    const Costs& costs = site.costs;
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{}\r\n", place_fields(site.place), costs.peak,
                   costs.peak_blocks, costs.allocated, costs.count, costs.temporary, costs.leaked, costs.leaked_blocks);
  }
  return text;
}

}  // namespace heaptape
