#include "analyzer/suppressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace heaptape {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr const char* kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

bool matches_suppression(std::string_view pattern, std::string_view text) {
  if (text.empty()) return false;
  bool at_start = pattern.starts_with('^');
  if (at_start) pattern.remove_prefix(1);
  bool behind_star = false;
  while (!pattern.empty()) {
    if (pattern[0] == '*') {
      pattern.remove_prefix(1);
      at_start = false;
      behind_star = true;
      continue;
    }
    if (pattern[0] == '$') return text.empty() || behind_star;
    const std::string_view part = pattern.substr(0, pattern.find_first_of("*$"));
    const std::size_t place = text.find(part);
    if (place == std::string_view::npos || (at_start && place != 0)) return false;
    text.remove_prefix(place + part.size());
    pattern.remove_prefix(part.size());
    at_start = behind_star = false;
  }
  return true;
}

Suppressions::Suppressions(std::string_view text) {
  constexpr std::string_view kKind = "leak:";
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (line.empty() || line[0] == '#') continue;
    if (!line.starts_with(kKind) || line.size() == kKind.size())
      throw std::invalid_argument(
          fmt::format("line {}, '{}', is no suppression such as leak:PATTERN", number, line.substr(0, 200)));
    patterns_.emplace_back(line.substr(kKind.size()));
  }
}

int Suppressions::find(const std::vector<Location>& frames) const {
  const auto holds = [&](const std::string& pattern) {
    return std::any_of(frames.begin(), frames.end(), [&](const Location& frame) {
      return matches_suppression(pattern, frame.function) || matches_suppression(pattern, frame.file) ||
             matches_suppression(pattern, frame.module);
    });
  };
  const auto found = std::find_if(patterns_.begin(), patterns_.end(), holds);
  return found == patterns_.end() ? -1 : static_cast<int>(found - patterns_.begin());
}

}  // namespace heaptape
