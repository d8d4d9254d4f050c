// Steps over time as outlines of at most one step a pixel.
#pragma once

#include <span>
#include <vector>

#include "analyzer/reports.h"
#include "render/geometry.h"

namespace heaptape {

// Maps [0, last] to [begin, end] in pixels. `last` 0 maps all to `begin`.
struct Scale {
  std::uint64_t last = 0;
  double begin = 0, end = 0;
  double at(std::uint64_t value) const {
    if (last == 0) return begin;
    return begin + (end - begin) * (static_cast<double>(value) / static_cast<double>(last));
  }
};

// Closed outlines on the plot's base line. A pixel's column bears the lowest and the highest of its steps,
// so that no peak is lost however many steps there are.
struct Envelope {
  std::vector<Point> low, high;
};
Envelope envelope_of(std::span<const TimelineReport::Step> steps, const Scale& time, const Scale& bytes);

// The samples' line, at most four points a pixel column: first, least, most, last.
std::vector<Point> line_of(std::span<const RssSample> samples, const Scale& time, const Scale& bytes);

}  // namespace heaptape
