#include "render/axes.h"

#include <algorithm>
#include <cmath>

namespace heaptape {

double widest_label(const std::vector<Tick>& ticks, const TextRuler& ruler) {
  double width = 0;
  for (const Tick& tick : ticks) width = std::max(width, ruler.width(tick.label, font_of(TextRole::axis)));
  return std::ceil(width) + 2;
}

void add_value_axis(Page& page, std::vector<Line>& grid, std::vector<Line>& axes, Rect plot, const Scale& values,
                    const std::vector<Tick>& ticks, const TextRuler& ruler) {
  const double half = line_height(TextRole::axis, ruler) / 2;
  for (const Tick& tick : ticks) {
    const double y = std::round(values.at(tick.value)) + 0.5;
    if (tick.value > 0) grid.push_back({{plot.x, y}, {plot.right(), y}});
    page.texts.push_back(
        text_at(ruler, tick.label, TextRole::axis, {plot.x - kTickLength - 4, y - half}, plot.x, Align::right));
  }
  const double base = std::round(plot.bottom()) + 0.5;
  axes.push_back({{plot.x, base}, {plot.right(), base}});
}

std::string round_figure(std::string figure) {
  for (const char* zeros : {".00 ", ".0 "})
    if (const std::size_t at = figure.find(zeros); at != std::string::npos)
      figure.erase(at, std::char_traits<char>::length(zeros) - 1);
  return figure;
}

double time_axis_height(const TextRuler& ruler) { return line_height(TextRole::axis, ruler) + kTickLength + 2; }

void add_time_axis(Page& page, std::vector<Line>& axes, Rect area, const Scale& time, const TextRuler& ruler) {
  const double base = std::round(area.y) + 0.5;
  double free_from = -1;
  for (const Tick& tick : time_ticks(time.last, std::max(2, static_cast<int>(area.width / 85)), time.first)) {
    const double x = std::round(time.at(tick.value)) + 0.5;
    TextBox label = text_at(ruler, tick.label, TextRole::axis, {x, base + kTickLength + 1}, area.width, Align::centre);
    label.box.x = std::min(label.box.x, page.body.right() - label.box.width);
    axes.push_back({{x, base}, {x, base + kTickLength}});
    if (label.box.x < free_from) continue;
    free_from = label.box.right() + 6;
    page.texts.push_back(std::move(label));
  }
}

}  // namespace heaptape
