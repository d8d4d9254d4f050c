// Round values for an axis.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heaptape {

struct Tick {
  std::uint64_t value = 0;
  std::string label;  // with its unit
};

// Multiples of a power of two (at least 1), 0 and up to `last`; at most `most` intervals, and where
// `last` allows it more than a third of them.
std::vector<Tick> byte_ticks(std::uint64_t last, int most);

// Multiples of 1, 2 or 5 times a power of ten nanoseconds; beyond two minutes of round minutes and hours.
// `first_ns`: where the axis begins.
std::vector<Tick> time_ticks(std::uint64_t last_ns, int most, std::uint64_t first_ns = 0);

}  // namespace heaptape
