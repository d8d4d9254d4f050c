// Where an address belongs in a table of any size.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heaptape {

// One of `places`: Fibonacci hashing; the high half of the product with their number maps the hash to any number, so
// that a table may grow by halves.
inline std::size_t home_of_address(std::uint64_t key, std::size_t places) noexcept {
  const std::uint64_t hash = (key ^ (key >> 32)) * 0x9e37'79b9'7f4a'7c15;
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((static_cast<Wide>(hash) * places) >> 64);
}

}  // namespace heaptape
