// The key beside or under a heading: what each colour stands for.
#pragma once

#include <cstdint>

#include "render/geometry.h"

namespace heaptape {

enum class Key : std::uint8_t { live_low, live_high, program, system, folded };

struct Swatch {
  Rect rect;
  Key key = Key::live_low;
};

inline constexpr double kSwatchSize = 10;

}  // namespace heaptape
