// Axes that views share: ticks, their labels, and lines of a grid.
#pragma once

#include <span>
#include <vector>

#include "render/curve.h"
#include "render/page.h"
#include "render/ticks.h"

namespace heaptape {

inline constexpr double kTickLength = 4;

// What the widest label takes.
double widest_label(const std::vector<Tick>& ticks, const TextRuler& ruler);

// At the left of the plot; a line of the grid for each tick above 0, and the base line.
void add_value_axis(Page& page, std::vector<Line>& grid, std::vector<Line>& axes, Rect plot, const Scale& values,
                    const std::vector<Tick>& ticks, const TextRuler& ruler);

// In `area`, which begins where the plot ends. Labels that would touch the one before are left out.
void add_time_axis(Page& page, std::vector<Line>& axes, Rect area, const Scale& time, const TextRuler& ruler);
// "10.0 ms" as "10 ms": of figures that are round.
std::string round_figure(std::string figure);
double time_axis_height(const TextRuler& ruler);

}  // namespace heaptape
