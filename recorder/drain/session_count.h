// Something counted for a session as a whole, and told by one tape of it.
#pragma once

#include <cstdint>
#include <utility>

namespace heaptape {

struct SessionCount {
  std::uint64_t all = 0, told = 0;
  std::uint64_t take_untold() { return all - std::exchange(told, all); }
};

}  // namespace heaptape
