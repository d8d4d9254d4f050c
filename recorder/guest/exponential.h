// Gaps of a Poisson process, in whole numbers alone: the floating-point environment is the program's.
#pragma once

#include <cstdint>

namespace heaptape::guest {
namespace exponential_detail {

__extension__ using Wide = unsigned __int128;

// log2(1 + i / 256), in 1/2³².
struct Logarithms {
  std::uint64_t of[257];
};
constexpr Logarithms make_logarithms() noexcept {
  Logarithms table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    Wide x = (Wide{256} + i) << 54;  // in [1, 2), in 1/2⁶²
    for (int bit = 31; bit >= 0; --bit) {
      x = (x * x) >> 62;
      if (x >> 63 == 0) continue;
      x >>= 1;
      table.of[i] |= std::uint64_t{1} << bit;
    }
  }
  table.of[256] = std::uint64_t{1} << 32;
  return table;
}
inline constexpr Logarithms kLogarithms = make_logarithms();

}  // namespace exponential_detail

// -ln(u) · mean for a u of (0, 1] made of 64 random bits: the gap between two points of a Poisson process, in whole
// numbers alone, since the floating-point environment is the program's. Exact to 3 · 10⁻⁶ of the mean.
inline std::uint64_t exponential(std::uint64_t random, std::uint64_t mean) noexcept {
  using exponential_detail::Wide;
  const auto& table = exponential_detail::kLogarithms;
  constexpr std::uint64_t kLn2 = 0xb17217f8;  // in 1/2³²
  // u = 2^-(zeros + 1) · m with m in [1, 2), so -log2(u) = zeros + 1 - log2(m).
  const std::uint32_t zeros = random == 0 ? 63 : static_cast<std::uint32_t>(__builtin_clzll(random));
  const std::uint64_t fraction = random << zeros << 1;
  const auto index = static_cast<std::uint32_t>(fraction >> 56);
  const std::uint64_t between = fraction << 8 >> 40;  // 24 bits
  const std::uint64_t low = table.of[index];
  const std::uint64_t log2 = low + ((table.of[index + 1] - low) * between >> 24);
  const std::uint64_t bits = (std::uint64_t{zeros + 1} << 32) - log2;
  return static_cast<std::uint64_t>((Wide{bits} * kLn2 >> 32) * mean >> 32);
}

}  // namespace heaptape::guest
