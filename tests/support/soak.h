// How large a test is: quick by default, thorough with HEAPTAPE_SOAK=1 in the environment.
#pragma once

#include <cstdlib>
#include <cstring>

namespace heaptape::testing {

inline int sized(int normal, int soak) {
  const char* wanted = std::getenv("HEAPTAPE_SOAK");
  return wanted != nullptr && std::strcmp(wanted, "1") == 0 ? soak : normal;
}

}  // namespace heaptape::testing
