// Sizes as people write them.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heaptape {

// Bytes: "64MiB", "64 MiB", "1.5g", "4096". Units of 1,024, in any case, the B and the i may be missing. Nothing: it is
// no size, or less than 0.
inline std::optional<double> size_in(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, double>, 5> kUnits = {
      {{"", 1}, {"k", 0x1p10}, {"m", 0x1p20}, {"g", 0x1p30}, {"t", 0x1p40}}};
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  std::string suffix(word.substr(static_cast<std::size_t>(end - word.data())));
  if (suffix.size() > 1 && suffix[0] == ' ') suffix.erase(0, 1);
  for (char& c : suffix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (suffix.ends_with('b')) suffix.pop_back();
  if (suffix.ends_with('i')) suffix.pop_back();
  for (const auto& [unit, bytes] : kUnits)
    if (suffix == unit) return number * bytes;
  return std::nullopt;
}

}  // namespace heaptape
