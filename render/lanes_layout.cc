#include "render/lanes_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/thread_lanes.h"
#include "render/axes.h"
#include "render/heat_grid.h"
#include "render/units.h"

namespace heaptape {
namespace {

using Lane = TimelineReport::Lane;

constexpr double kCellWidth = 3;  // at least, in pixels
constexpr double kLaneGap = 3;

}  // namespace

std::size_t lanes_in(const TimelineReport& report, double height) {
  const auto room = static_cast<std::size_t>(std::max(0.0, height / kLaneHeight));
  const std::size_t lanes = lanes_of(report, room).size();
  return lanes < 2 ? 0 : lanes;
}

double widest_lane_name(const TimelineReport& report, std::size_t lanes, double most, const TextRuler& ruler) {
  double widest = 0;
  for (const Lane& lane : lanes_of(report, lanes))
    widest = std::max(widest, text_at(ruler, name_of(lane, report.threads), TextRole::axis, {}, most).box.width);
  return widest;
}

LanesLayout lay_out_lanes(const TimelineReport& report, std::size_t lanes, Rect plot, const Scale& time, double room,
                          const TextRuler& ruler) {
  LanesLayout layout;
  const std::vector<Lane> drawn = lanes_of(report, lanes);
  // As many steps in a cell as make it wide enough, and the file small.
  const std::size_t cells = std::clamp<std::size_t>(static_cast<std::size_t>(plot.width / kCellWidth), 1,
                                                    kMostHeatCells / std::max<std::size_t>(1, drawn.size()));
  const std::size_t steps = report.steps.size(), joined = std::max<std::size_t>(1, (steps + cells - 1) / cells);
  layout.length_ns = (time.last - time.first) / std::max<std::size_t>(1, steps) * joined;
  const auto events_of = [&](const Lane& lane, std::size_t step) {
    std::uint64_t events = 0;
    for (std::size_t i = step; i < std::min(step + joined, lane.levels.size()); ++i) events += lane.levels[i];
    return events;
  };
  const auto x_at = [&](std::uint64_t time_ns) {
    return std::clamp(snapped(time.at(std::min(time_ns, time.last))), plot.x, plot.right());
  };
  for (const Lane& lane : drawn)
    for (std::size_t step = 0; step < steps; step += joined) layout.most = std::max(layout.most, events_of(lane, step));
  const double full = std::log1p(static_cast<double>(layout.most)), line = line_height(TextRole::axis, ruler);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const Rect row{plot.x, plot.y + static_cast<double>(i) * kLaneHeight, plot.width, kLaneHeight - kLaneGap};
    layout.cells.push_back({row, {Ink::Family::track, 0}});
    // A thin line from its first event to its last.
    const double first = x_at(drawn[i].first_ns), last = x_at(drawn[i].last_ns);
    layout.cells.push_back({{first, row.y + row.height / 2 - 1, last - first, 2}, heat_of(0)});
    std::vector<Cell> row_cells;
    for (std::size_t step = 0; step < steps; step += joined) {
      const std::uint64_t events = events_of(drawn[i], step);
      if (events == 0) continue;
      const double left = x_at(report.steps[step].begin_ns);
      const double right = step + joined < steps ? x_at(report.steps[step + joined].begin_ns) : plot.right();
      row_cells.push_back(
          {{left, row.y, right - left, row.height}, heat_of(std::log1p(static_cast<double>(events)) / full)});
    }
    row_cells = merged_rows(std::move(row_cells));
    layout.cells.insert(layout.cells.end(), row_cells.begin(), row_cells.end());
    layout.names.push_back(text_at(ruler, name_of(drawn[i], report.threads), TextRole::axis,
                                   {plot.x - kTickLength - 4, row.y + (row.height - line) / 2}, room - kTickLength - 4,
                                   Align::right));
  }
  return layout;
}

}  // namespace heaptape
