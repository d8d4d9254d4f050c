// Sizes of tests: what is enough for every change, or, with HEAPTAPE_SOAK=1, what is worth a night.
#pragma once

#include <cstdlib>

namespace heaptape::testing {

inline int sized(int normal, int soak) {
  const char* wanted = std::getenv("HEAPTAPE_SOAK");
  return wanted != nullptr && wanted[0] == '1' ? soak : normal;
}

}  // namespace heaptape::testing
