#include "render/curve.h"

#include <algorithm>
#include <cmath>

namespace heaptape {
namespace {

struct Column {
  double x = 0;
  std::uint64_t low = 0, high = 0;
};

std::vector<Column> columns_of(std::span<const TimelineReport::Step> steps, const Scale& time) {
  std::vector<Column> columns;
  for (const TimelineReport::Step& step : steps) {
    // What begins at the very end still needs a pixel to be seen in.
    const double x = snapped(std::clamp(time.at(step.begin_ns), time.begin, std::max(time.begin, time.end - 1)));
    if (!columns.empty() && x < columns.back().x + 1) {
      columns.back().low = std::min(columns.back().low, step.low);
      columns.back().high = std::max(columns.back().high, step.high);
    } else {
      columns.push_back({x, step.low, step.high});
    }
  }
  return columns;
}

// Stairs over the columns, and back along the base line.
template <typename Height>
std::vector<Point> stairs(const std::vector<Column>& columns, const Scale& time, const Scale& bytes, Height height) {
  std::vector<Point> outline;
  if (columns.empty()) return outline;
  outline.push_back({columns.front().x, bytes.begin});
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const double y = snapped(bytes.at(height(columns[i])));
    const double right = i + 1 < columns.size() ? columns[i + 1].x : time.end;
    if (outline.size() > 1 && outline.back().y == y) {
      outline.back().x = right;
    } else {
      outline.push_back({columns[i].x, y});
      outline.push_back({right, y});
    }
  }
  outline.push_back({outline.back().x, bytes.begin});
  return outline;
}

}  // namespace

Envelope envelope_of(std::span<const TimelineReport::Step> steps, const Scale& time, const Scale& bytes) {
  const std::vector<Column> columns = columns_of(steps, time);
  return {stairs(columns, time, bytes, [](const Column& column) { return column.low; }),
          stairs(columns, time, bytes, [](const Column& column) { return column.high; })};
}

std::vector<Point> line_of(std::span<const RssSample> samples, const Scale& time, const Scale& bytes) {
  std::vector<Point> line;
  for (std::size_t i = 0; i < samples.size();) {
    const auto point = [&](std::size_t at) {
      return Point{snapped(std::clamp(time.at(samples[at].time_ns), time.begin, time.end)),
                   snapped(bytes.at(samples[at].bytes))};
    };
    const Point first = point(i);
    Point last = first, least = first, most = first;
    std::size_t end = i + 1;
    for (; end < samples.size() && std::floor(point(end).x) == std::floor(first.x); ++end) {
      last = point(end);
      if (last.y > least.y) least = last;
      if (last.y < most.y) most = last;
    }
    line.push_back(first);
    if (end - i > 2) line.insert(line.end(), {{first.x, least.y}, {first.x, most.y}});
    if (end - i > 1) line.push_back(last);
    i = end;
  }
  return line;
}

}  // namespace heaptape
