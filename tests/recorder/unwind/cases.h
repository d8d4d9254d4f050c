// Call shapes that are hard to walk. Compiled several times, by several compilers and with several options.
#pragma once

#include <vector>

namespace heaptape::testing {

// Calls back at the innermost point of each shape.
using Leaf = void (*)();

struct Shape {
  const char* name;
  void (*run)(Leaf leaf);
};

#define HEAPTAPE_CASES(how)                       \
  namespace how {                                 \
  std::vector<heaptape::testing::Shape> shapes(); \
  }

}  // namespace heaptape::testing
