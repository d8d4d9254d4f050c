// Live bytes over time, the peak called out, marks, the peak's sites, and resident memory in a panel
// of its own beneath: on one scale with the heap either of the two would often be a flat line. Beneath that a lane for
// each thread, where there are several.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/reports.h"
#include "render/curve.h"
#include "render/legend.h"
#include "render/marks_layout.h"
#include "render/page.h"
#include "render/sites_layout.h"

namespace heaptape {

struct TimelineLayout {
  Page page;
  Rect plot;  // of live bytes
  std::optional<Rect> rss_plot, lanes_plot;
  std::vector<Line> grid;  // behind the curves
  std::vector<Line> axes;  // base lines and ticks
  Envelope live;
  std::vector<Area> bands;  // instead of it, the topmost first: each reaches down to the base and hides the one before
  std::vector<Point> rss;
  std::vector<Cell> lanes;  // of threads
  std::vector<Line> marks;
  std::vector<Swatch> legend;
  std::vector<ShareBar> bars;
  std::vector<Cell> keys;       // of bands
  std::optional<Point> peak;    // none without events
  std::optional<Rect> callout;  // of the peak: above the curve, so that it hides nothing
};

inline constexpr Size kTimelineSize{1200, 640};

// A report without events gives the empty axes and a sentence. `title` empty: made from the report.
TimelineLayout lay_out(const TimelineReport& report, const std::string& title, Size size, const TextRuler& ruler);

// Curve, axes and all that belongs to them into the body of the layout's page, for a picture of several parts.
void lay_out_chart(TimelineLayout& layout, const TimelineReport& report, const TextRuler& ruler);

}  // namespace heaptape
