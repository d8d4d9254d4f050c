#include "render/squarify.h"

#include <algorithm>
#include <numeric>

namespace heaptape {
namespace {

// The worst ratio of sides in a row of areas that lies along a side.
double worst(double sum, double least, double most, double side) {
  const double square = side * side;
  return std::max(square * most / (sum * sum), sum * sum / (square * least));
}

// Lays a row along the shorter side, and cuts it off what is left.
void place_row(std::vector<Rect>& placed, std::span<const double> areas, double sum, Rect& left) {
  const bool upright = left.width >= left.height;  // the row is a column at the left
  const double side = upright ? left.height : left.width;
  const double depth = std::min(sum / side, upright ? left.width : left.height);
  double at = upright ? left.y : left.x;
  for (const double area : areas) {
    const double length = side * (area / sum);
    placed.push_back(upright ? Rect{left.x, at, depth, length} : Rect{at, left.y, length, depth});
    at += length;
  }
  if (upright) {
    left.x += depth;
    left.width = std::max(0.0, left.width - depth);
  } else {
    left.y += depth;
    left.height = std::max(0.0, left.height - depth);
  }
}

}  // namespace

std::vector<Rect> squarified(std::span<const double> weights, Rect frame) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> areas;
  for (const double weight : weights)
    if (weight > 0 && sum > 0) areas.push_back(weight / sum * frame.width * frame.height);
  std::vector<Rect> placed;
  Rect left = frame;
  for (std::size_t begin = 0; begin < areas.size();) {
    const double side = std::min(left.width, left.height);
    if (side <= 0 || areas[begin] <= 0) break;
    double row = areas[begin];
    std::size_t end = begin + 1;
    while (end < areas.size() &&
           worst(row + areas[end], areas[end], areas[begin], side) <= worst(row, areas[end - 1], areas[begin], side)) {
      row += areas[end];
      ++end;
    }
    place_row(placed, std::span(areas).subspan(begin, end - begin), row, left);
    begin = end;
  }
  placed.resize(weights.size(), {frame.right(), frame.bottom(), 0, 0});
  return placed;
}

}  // namespace heaptape
