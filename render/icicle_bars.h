// Which frames of a tree get a bar, and where.
#pragma once

#include "render/icicle_layout.h"

namespace heaptape {

struct IcicleBars {
  std::vector<IcicleBar> bars;
  Folded narrow, deep;
  std::size_t rows = 0;
};

// Bars of at least `least_width`; narrower siblings share one grey bar. At most `rows` rows.
IcicleBars lay_out_bars(const TreeReport& report, Rect frame, double least_width, std::size_t rows);

// Frames at and below each node, itself included.
std::vector<std::uint32_t> frames_below(const TreeReport& report);

}  // namespace heaptape
