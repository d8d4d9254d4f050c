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

}  // namespace

std::string to_csv(const TopReport& report) {
  std::string text =
      "function,file,line,module,peak_bytes,peak_blocks,allocated_bytes,allocations,temporary,leaked_bytes,"
      "leaked_blocks\r\n";
  for (const TopReport::Site& site : report.sites) {
    const Location& place = site.place;
    const Costs& costs = site.costs;
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{},{},{},{}\r\n", field(place.function),
                   field(place.file), place.line == 0 ? "" : std::to_string(place.line), field(place.module),
                   costs.peak, costs.peak_blocks, costs.allocated, costs.count, costs.temporary, costs.leaked,
                   costs.leaked_blocks);
  }
  return text;
}

}  // namespace heaptape
