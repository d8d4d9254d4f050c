#include "render/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace heaptape {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

std::vector<std::uint64_t> multiples(std::uint64_t step, std::uint64_t last, std::uint64_t first = 0) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = first / step + (first % step != 0); i <= last / step; ++i) values.push_back(i * step);
  return values;
}

// Steps are powers of two and axes have a dozen ticks at most, so four digits behind the point are exact.
std::string byte_label(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  double value = static_cast<double>(bytes);
  for (; value >= 1024; ++unit) value /= 1024;
  return bytes == 0 ? "0" : fmt::format("{:.8g} {}", value, kUnits[unit]);
}

std::uint64_t time_step(std::uint64_t last_ns, std::uint64_t most) {
  if (last_ns >= 120 * kSecond) {
    for (const std::uint64_t seconds : {30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000})
      if (last_ns / (seconds * kSecond) <= most) return seconds * kSecond;
  }
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max() / 5;
  std::uint64_t decade = last_ns >= 120 * kSecond ? 36'000 * kSecond : 1;
  for (; decade <= kLargest; decade *= 10)
    for (const std::uint64_t factor : {1, 2, 5})
      if (last_ns / (factor * decade) <= most) return factor * decade;
  return decade;
}

// Ticks `step_ns` apart, the last one at `last_ns`: that decides the unit.
std::string time_label(std::uint64_t ns, std::uint64_t last_ns, std::uint64_t step_ns) {
  if (ns == 0) return "0";
  if (last_ns >= 120 * kSecond && step_ns >= 30 * kSecond) {
    const std::uint64_t seconds = ns / kSecond;
    const std::uint64_t hours = seconds / 3600, minutes = seconds % 3600 / 60;
    if (hours > 0) return minutes == 0 ? fmt::format("{} h", hours) : fmt::format("{} h {} min", hours, minutes);
    return seconds % 60 == 0 ? fmt::format("{} min", minutes) : fmt::format("{:.1f} min", double(seconds) / 60);
  }
  const double value = static_cast<double>(ns);
  if (last_ns >= kSecond) return fmt::format("{:.14g} s", value / 1e9);
  if (last_ns >= 1'000'000) return fmt::format("{:.14g} ms", value / 1e6);
  if (last_ns >= 1000) return fmt::format("{:.14g} µs", value / 1e3);
  return fmt::format("{} ns", ns);
}

}  // namespace

std::vector<Tick> byte_ticks(std::uint64_t last, int most) {
  const auto limit = static_cast<std::uint64_t>(std::max(most, 1));
  std::uint64_t step = 1;
  while (last / step > limit) step *= 2;
  std::vector<Tick> ticks;
  for (const std::uint64_t value : multiples(step, last)) ticks.push_back({value, byte_label(value)});
  return ticks;
}

std::vector<Tick> time_ticks(std::uint64_t last_ns, int most, std::uint64_t first_ns) {
  std::vector<Tick> ticks;
  const std::uint64_t length = last_ns - std::min(first_ns, last_ns);
  const std::uint64_t step = time_step(length, static_cast<std::uint64_t>(std::max(most, 1)));
  for (const std::uint64_t value : multiples(step, last_ns, first_ns))
    ticks.push_back({value, time_label(value, last_ns, step)});
  return ticks;
}

}  // namespace heaptape
