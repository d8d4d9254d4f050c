// A grid of parts from 0 to 1 as few rectangles: made coarser until they are a small file.
#pragma once

#include <functional>
#include <vector>

#include "render/chart.h"

namespace heaptape {

inline constexpr std::size_t kMostHeatCells = 3600;  // an SVG stays below 500 KB with as many

struct HeatGrid {
  std::vector<Cell> cells;
  std::size_t rows = 0, columns = 0;  // as drawn
};

// `part`: of row and column; 0 has no cell. Row 0 is the topmost. Where cells are joined the most of them is shown, or
// with `mean` what they have on average.
HeatGrid heat_grid(std::size_t rows, std::size_t columns, const std::function<double(std::size_t, std::size_t)>& part,
                   Rect frame, bool mean);

}  // namespace heaptape
