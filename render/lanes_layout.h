// Threads as lanes beneath a curve, on its time axis: the stronger the more a thread allocates and frees.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "render/chart.h"
#include "render/curve.h"

namespace heaptape {

inline constexpr double kLaneHeight = 15;

struct LanesLayout {
  std::vector<Cell> cells;      // for each lane a track, a line from the first event to the last, and what is on it
  std::vector<TextBox> names;   // at the left of the plot
  std::uint64_t most = 0;       // events in one cell
  std::uint64_t length_ns = 0;  // of a cell
};

// How many fit into `height`: what is too much for it is in the last one, together. Fewer than two say nothing: 0.
std::size_t lanes_in(const TimelineReport& report, double height);
// At most `most`.
double widest_lane_name(const TimelineReport& report, std::size_t lanes, double most, const TextRuler& ruler);

// `plot` is as high as its `lanes`, at least two. Names get `room` at its left.
LanesLayout lay_out_lanes(const TimelineReport& report, std::size_t lanes, Rect plot, const Scale& time, double room,
                          const TextRuler& ruler);

}  // namespace heaptape
