// Sizes of tests that can run longer: HEAPTAPE_SOAK=1 asks for it.
#pragma once

#include <cstdlib>

namespace heaptape::testing {

inline int sized(int normal, int soak) { return std::getenv("HEAPTAPE_SOAK") == nullptr ? normal : soak; }

}  // namespace heaptape::testing
