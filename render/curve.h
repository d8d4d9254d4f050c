// Steps over time as outlines of at most one step a pixel.
#pragma once

#include <span>
#include <vector>

#include "analyzer/reports.h"
#include "render/geometry.h"

namespace heaptape {

// Maps [first, last] to [begin, end] in pixels. Where it is empty all is at `begin`.
struct Scale {
  std::uint64_t last = 0;
  double begin = 0, end = 0;
  std::uint64_t first = 0;
  double at(std::uint64_t value) const {
    if (last <= first || value <= first) return begin;
    return begin + (end - begin) * (static_cast<double>(value - first) / static_cast<double>(last - first));
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
