#include "render/units.h"

#include <fmt/format.h>

#include <array>

namespace heaptape {
namespace {

// Three significant digits, trailing zeros kept: "1.20", "12.0", "120".
std::string three_digits(double value) {
  if (value < 9.995) return fmt::format("{:.2f}", value);
  if (value < 99.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return three_digits(value) + " " + kUnits[unit];
}

std::string exact_bytes(std::uint64_t bytes) { return grouped(bytes) + (bytes == 1 ? " byte" : " bytes"); }

std::string both_bytes(std::uint64_t bytes) {
  return bytes < 1024 ? exact_bytes(bytes) : fmt::format("{} ({})", human_bytes(bytes), exact_bytes(bytes));
}

std::string human_time(std::uint64_t nanoseconds) {
  if (nanoseconds < 1000) return fmt::format("{} ns", nanoseconds);
  const double ns = static_cast<double>(nanoseconds);
  if (ns < 999.5e3) return three_digits(ns / 1e3) + " µs";
  if (ns < 999.5e6) return three_digits(ns / 1e6) + " ms";
  if (ns < 119.5e9) return three_digits(ns / 1e9) + " s";
  const std::uint64_t seconds = nanoseconds / 1'000'000'000 + (nanoseconds % 1'000'000'000 >= 500'000'000 ? 1 : 0);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

std::string share_of(std::uint64_t part, std::uint64_t whole) {
  if (part == 0 || whole == 0) return "0 %";
  const double percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 0.1) return "<0.1 %";
  if (percent < 9.95) return fmt::format("{:.1f} %", percent);
  if (part < whole && percent > 99) return ">99 %";
  return fmt::format("{:.0f} %", percent);
}

std::string counted(std::uint64_t number, const std::string& singular) {
  return grouped(number) + " " + singular + (number == 1 ? "" : "s");
}

}  // namespace heaptape
