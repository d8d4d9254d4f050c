// Squarified treemaps: rectangles as large as their weights, as near to squares as can be.
//
// Mark Bruls, Kees Huizing, Jarke J. van Wijk: Squarified Treemaps (2000).
#pragma once

#include <span>
#include <vector>

#include "render/geometry.h"

namespace heaptape {

// A rectangle for each weight; together they fill `frame`. `weights` largest first; those of 0 get an empty one.
std::vector<Rect> squarified(std::span<const double> weights, Rect frame);

}  // namespace heaptape
