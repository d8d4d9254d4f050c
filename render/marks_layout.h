// Where the program's marks go: a line each, and a label for as many as fit without touching.
#pragma once

#include <vector>

#include "render/text.h"

namespace heaptape {

struct PlacedMark {
  double x = 0;
  std::string name;
};

struct MarksLayout {
  std::vector<Line> lines;      // from their label, or the plot's top, down to the plot's bottom
  std::vector<TextBox> labels;  // in lanes above the plot; none touches another or another mark's line
  std::size_t unlabelled = 0;   // marks whose label found no place
};

inline constexpr double kMarkLaneHeight = 17;
inline constexpr int kMarkLanes = 3;

// `marks` by ascending x. Labels lie in `lanes`, the strip right above `plot`.
MarksLayout lay_out_marks(const std::vector<PlacedMark>& marks, Rect plot, Rect lanes, const TextRuler& ruler);

}  // namespace heaptape
