// Points and rectangles of a picture, in pixels (points in a PDF), y downwards.
#pragma once

#include <cmath>

namespace heaptape {

struct Point {
  double x = 0, y = 0;
};

struct Size {
  double width = 0, height = 0;
};

struct Rect {
  double x = 0, y = 0, width = 0, height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  bool overlaps(const Rect& other) const {
    return x < other.right() && other.x < right() && y < other.bottom() && other.y < bottom();
  }
  bool contains(const Rect& other) const {
    constexpr double kSlack = 1e-6;  // sums of fractions may miss by a rounding
    return other.x >= x - kSlack && other.y >= y - kSlack && other.right() <= right() + kSlack &&
           other.bottom() <= bottom() + kSlack;
  }
  Rect inset(double dx, double dy) const { return {x + dx, y + dy, width - 2 * dx, height - 2 * dy}; }
};

struct Line {
  Point from, to;
};

// To a quarter of a pixel, which is finer than the eye: it keeps files small.
inline double snapped(double value) { return std::round(value * 4) / 4; }

}  // namespace heaptape
