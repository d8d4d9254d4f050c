// Fixed-size integers of the tape: little-endian at any alignment.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace heaptape {

static_assert(std::endian::native == std::endian::little, "tapes are little-endian; this host would need swaps");

template <typename Integer>
Integer load_le(const std::uint8_t* from) noexcept {
  Integer value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename Integer>
void store_le(std::uint8_t* to, Integer value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace heaptape
