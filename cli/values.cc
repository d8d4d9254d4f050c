#include "cli/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "format/size_words.h"
#include "render/units.h"

namespace heaptape::cli {
namespace {

using Unit = std::pair<std::string_view, double>;

// A number followed by one of the units, in those that count 1; negative: it is something else.
double with_unit(std::string_view word, std::span<const Unit> units) {
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  if (error != std::errc{}) return -1;
  const std::string_view suffix = word.substr(static_cast<std::size_t>(end - word.data()));
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.first == suffix; });
  return unit == units.end() ? -1 : number * unit->second;
}

}  // namespace

std::uint64_t to_number(const std::string& word, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc{} && end == word.data() + word.size() && value >= least && value <= most) return value;
  throw BadValue(most == UINT64_MAX ? fmt::format("'{}' is no number from {} up", word, least)
                                    : fmt::format("'{}' is no number from {} to {}", word, least, most));
}

double to_real(const std::string& word, double least, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc{} && end == word.data() + word.size() && value >= least && value <= most) return value;
  throw BadValue(fmt::format("'{}' is no number from {} to {}", word, least, most));
}

std::uint64_t to_bytes(const std::string& word, std::uint64_t least, std::uint64_t most) {
  const std::optional<double> bytes = size_in(word);
  if (bytes && *bytes >= static_cast<double>(least) && *bytes <= static_cast<double>(most))
    return static_cast<std::uint64_t>(*bytes);
  throw BadValue(
      fmt::format("'{}' is no size from {} to {}, such as 64MiB", word, human_bytes(least), human_bytes(most)));
}

std::uint64_t to_nanoseconds(const std::string& word) {
  static constexpr Unit kUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  constexpr double kLongest = 100.0 * 366 * 24 * 3600 * 1e9;
  const double nanoseconds = with_unit(word, kUnits);
  if (nanoseconds >= 1 && nanoseconds <= kLongest) return static_cast<std::uint64_t>(nanoseconds);
  throw BadValue(fmt::format("'{}' is no length of time: a number with ns, us, ms, s, m or h, such as 30s", word));
}

}  // namespace heaptape::cli
