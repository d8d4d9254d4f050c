// Lengths of time as people write them.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace heaptape {

// Nanoseconds: "1.5s", "200ms". More than 0, at most a century. Nothing: it is no such length.
inline std::optional<std::uint64_t> nanoseconds_in(std::string_view word) {
  using Unit = std::pair<std::string_view, double>;
  constexpr Unit kUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  constexpr double kLongest = 100.0 * 366 * 24 * 3600 * 1e9;
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view suffix = word.substr(static_cast<std::size_t>(end - word.data()));
  const auto* const unit =
      std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& one) { return one.first == suffix; });
  if (unit == std::end(kUnits)) return std::nullopt;
  const double nanoseconds = number * unit->second;
  if (!(nanoseconds >= 1 && nanoseconds <= kLongest)) return std::nullopt;
  return static_cast<std::uint64_t>(nanoseconds);
}

}  // namespace heaptape
