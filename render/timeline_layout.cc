#include "render/timeline_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "render/axes.h"
#include "render/lanes_layout.h"
#include "render/selection_words.h"
#include "render/ticks.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr double kSidebarWidth = 300;       // at least
constexpr double kCalloutRoom = 60;         // above the peak
constexpr double kCalloutPlotHeight = 130;  // lower, and the peak is told in the heading
constexpr double kSidebarGap = 36;
constexpr std::uint64_t kMostBytes = 9'000'000'000'000'000'000;  // that a scale ends with: a double holds it
constexpr double kLeastPlotWidth = 460;                          // narrower, and the sites go beneath

struct Areas {
  Rect heading, mark_lanes, plot, rss_heading, rss, threads_heading, threads, time_axis, sites;
  std::size_t thread_lanes = 0;
  double left = 0;  // of the plots, what their labels take
};

constexpr double kHeapTickDistance = 44;  // at least, in pixels
constexpr double kRssTickDistance = 22;
constexpr double kAbovePanel = 14;  // its heading
// What the threads may take of the height, their heading included, and their names of the width.
constexpr double kThreadsPart = 0.3, kMostThreadsHeight = 200, kMostNameWidth = 110;

std::string peak_of(const TimelineReport& report) {
  const std::string bytes = human_bytes(report.peak.bytes);
  if (!report.margins) return "peak " + bytes;
  return fmt::format("peak about {} (± {})", bytes, human_bytes(report.margins->peak_bytes));
}

// The scale's end leaves room for the callout above the peak.
std::uint64_t heap_scale_end(std::uint64_t peak, double plot_height) {
  const double room = plot_height >= kCalloutPlotHeight ? kCalloutRoom : plot_height / 8;
  const double last = static_cast<double>(peak) * plot_height / std::max(1.0, plot_height - room);
  return std::max(peak, static_cast<std::uint64_t>(std::min<double>(kMostBytes, std::ceil(last))));
}

// From all together down to the lowest band. A picture of pixels can't tell more than 400 steps of a band.
std::vector<Area> stacked(const TimelineReport& report, const Scale& time, const Scale& bytes) {
  std::vector<Area> areas{{envelope_of(report.steps, time, bytes).high, {Ink::Family::folded, 0}}};
  std::vector<TimelineReport::Step> sums = report.steps;
  for (TimelineReport::Step& step : sums) step.high = 0;
  std::vector<Area> lower;
  for (std::size_t band = 0; band < report.bands.size(); ++band) {
    const std::vector<std::uint64_t>& levels = report.bands[band].levels;
    for (std::size_t i = 0; i < std::min(levels.size(), sums.size()); ++i)
      sums[i].high = std::min(sums[i].high + levels[i], report.steps[i].high);
    lower.push_back({envelope_of(sums, time, bytes).high, ink_of_band(band)});
  }
  areas.insert(areas.end(), lower.rbegin(), lower.rend());
  return areas;
}

std::string timeline_subtitle(const TimelineReport& report) {
  std::vector<std::string> parts{report.command, std::string("layer ") + name_of(report.layer)};
  for (std::string& words : words_of(report.selection)) parts.push_back(std::move(words));
  const auto& quiet = report.selection.quiet_end;
  if (report.duration_ns != 0 && !report.selection.has_range())
    parts.push_back("ran " + human_time(quiet ? quiet->to_ns : report.duration_ns));
  return subtitle_of(parts);
}

std::uint64_t rss_scale_end(std::uint64_t largest) { return largest > kMostBytes ? largest : largest + largest / 8; }

std::vector<Tick> heap_ticks(std::uint64_t peak, double plot_height) {
  return byte_ticks(heap_scale_end(peak, plot_height), static_cast<int>(plot_height / kHeapTickDistance));
}

std::vector<Tick> rss_ticks(std::uint64_t largest, double plot_height) {
  return byte_ticks(rss_scale_end(largest), static_cast<int>(plot_height / kRssTickDistance));
}

// Cuts the place for the sites off `chart`: beside it, or beneath where that would be narrow.
Rect cut_sites(Rect& chart, const TimelineReport& report, const TextRuler& ruler) {
  if (report.peak_sites.empty() && report.bands.empty()) return {};
  const Rect body = chart;
  if (body.width >= kLeastPlotWidth + kSidebarGap + kSidebarWidth) {
    const double width = std::clamp(body.width * 0.29, kSidebarWidth, 440.0);
    chart.width -= kSidebarGap + width;
    return {chart.right() + kSidebarGap, body.y, width, body.height};
  }
  if (body.height <= 320) return {};
  const double height = std::min(
      sites_height(report.bands.empty() ? report.peak_sites.size() : report.bands.size(), ruler), body.height * 0.45);
  chart.height -= height + 24;
  return {body.x, chart.bottom() + 24, body.width, height};
}

Areas divide(Rect body, const TimelineReport& report, std::uint64_t largest_rss, const TextRuler& ruler) {
  Areas areas;
  Rect chart = body;
  areas.sites = cut_sites(chart, report, ruler);
  const double heading = line_height(TextRole::heading, ruler) + 8;
  const double axis = time_axis_height(ruler);
  // Without marks there is still half a line, for the topmost tick's label.
  const double lanes = report.marks.empty()
                           ? line_height(TextRole::axis, ruler) / 2 + 2
                           : std::floor(std::clamp(chart.height / 90, 1.0, double{kMarkLanes})) * kMarkLaneHeight;
  const double height = std::max(0.0, chart.height - heading - lanes - axis);
  areas.thread_lanes = lanes_in(report, std::min(height * kThreadsPart, kMostThreadsHeight) - heading - kAbovePanel);
  const double threads = static_cast<double>(areas.thread_lanes) * kLaneHeight;
  const double above = height - (threads > 0 ? threads + heading + kAbovePanel : 0);
  const bool panel = !report.rss.empty() && above > 150;
  const double rss = panel ? std::clamp(above * 0.2, 40.0, 110.0) : 0;
  const double plot = std::max(1.0, panel ? above - rss - heading - kAbovePanel : above);

  double labels = std::max(widest_label(heap_ticks(report.peak.bytes, plot), ruler),
                           panel ? widest_label(rss_ticks(largest_rss, rss), ruler) : 0);
  if (threads > 0) labels = std::max(labels, widest_lane_name(report, areas.thread_lanes, kMostNameWidth, ruler));
  areas.left = labels + kTickLength + 4;
  const double left = chart.x + areas.left;
  const double width = std::max(1.0, chart.right() - 8 - left);  // the last time label is centred on the edge
  areas.heading = {chart.x, chart.y, chart.width, heading};
  areas.mark_lanes = {left, areas.heading.bottom(), width, report.marks.empty() ? 0 : lanes};
  areas.plot = {left, areas.heading.bottom() + lanes, width, plot};
  double bottom = areas.plot.bottom();
  const auto add_panel = [&](Rect& its_heading, Rect& its_plot, double its_height) {
    its_heading = {chart.x, bottom + kAbovePanel, chart.width, heading};
    its_plot = {left, its_heading.bottom(), width, its_height};
    bottom = its_plot.bottom();
  };
  if (panel) add_panel(areas.rss_heading, areas.rss, rss);
  if (threads > 0) add_panel(areas.threads_heading, areas.threads, threads);
  areas.time_axis = {left, bottom, width, axis};
  return areas;
}

std::uint64_t last_instant(const TimelineReport& report) {
  std::uint64_t last = std::max(report.duration_ns, report.peak.time_ns);
  for (const TimelineReport::Step& step : report.steps) last = std::max(last, step.begin_ns);
  for (const TimelineReport::Mark& mark : report.marks) last = std::max(last, mark.time_ns);
  for (const RssSample& sample : report.rss) last = std::max(last, sample.time_ns);
  return last == 0 && report.peak.bytes > 0 ? 1000 : last;  // all within one step of a coarse clock
}

// Heading at the left, keys at the right, where there is room for both.
void add_heading(TimelineLayout& layout, const TimelineReport& report, Rect area, std::size_t unlabelled,
                 const TextRuler& ruler) {
  const std::string text =
      layout.callout || report.peak.bytes == 0 ? "Live heap bytes" : "Live heap bytes, " + peak_of(report);
  layout.page.texts.push_back(text_at(ruler, text, TextRole::heading, {area.x, area.y}, area.width));
  double right = area.right();
  const double left = layout.page.texts.back().box.right() + 16;
  const auto add = [&](const std::string& words, std::optional<Key> key) {
    const double swatch = key ? kSwatchSize + 5 : 0;
    TextBox box = text_at(ruler, words, TextRole::note, {right, area.y + 1}, area.width, Align::right);
    if (box.box.x - swatch < left) return;
    if (key) {
      const double y = box.box.y + (box.box.height - kSwatchSize) / 2;
      layout.legend.push_back({{box.box.x - swatch, y, kSwatchSize, kSwatchSize}, *key});
    }
    right = box.box.x - swatch - 16;
    layout.page.texts.push_back(std::move(box));
  };
  if (!report.bands.empty()) {
    add("highest in each step, stacked by " + report.banded_by, std::nullopt);
  } else if (report.steps.size() > 1 && report.peak.bytes > 0) {
    const std::size_t texts = layout.page.texts.size();
    add("highest", Key::live_high);
    add("lowest in each step", Key::live_low);
    // Neither says anything alone.
    if (layout.legend.size() == 1) {
      layout.legend.clear();
      layout.page.texts.resize(texts);
      right = area.right();
    }
  }
  if (unlabelled > 0)
    add(fmt::format("{} of {} marks named", grouped(report.marks.size() - unlabelled), grouped(report.marks.size())),
        std::nullopt);
}

void add_callout(TimelineLayout& layout, const TimelineReport& report, Point dot, const TextRuler& ruler) {
  const Peak& peak = report.peak;
  TextBox figure = text_at(ruler, peak_of(report), TextRole::callout_figure, {}, layout.plot.width);
  TextBox detail = text_at(
      ruler, exact_bytes(peak.bytes) + " in " + counted(peak.blocks, "block") + " at " + human_time(peak.time_ns),
      TextRole::callout_detail, {}, layout.plot.width - 16);
  const double width = std::max(figure.box.width, detail.box.width) + 16;
  const double height = figure.box.height + detail.box.height + 10;
  const double x = std::clamp(dot.x - width / 2, layout.plot.x, std::max(layout.plot.x, layout.plot.right() - width));
  const Rect box{x, std::max(layout.plot.y, dot.y - height - 11), width, height};
  figure.box.x = detail.box.x = x + 8;
  figure.box.y = box.y + 5;
  detail.box.y = figure.box.bottom();
  figure.box.width = std::min(figure.box.width, width - 16);
  layout.callout = box;
  layout.page.texts.push_back(figure);
  layout.page.texts.push_back(detail);
}

// What a panel shows, and how, in the line above it: the first of `how` that there is room for.
void add_panel_heading(TimelineLayout& layout, const std::string& what, const std::vector<std::string>& how, Rect area,
                       const TextRuler& ruler) {
  layout.page.texts.push_back(text_at(ruler, what, TextRole::heading, {area.x, area.y}, area.width));
  const double left = layout.page.texts.back().box.right() + 12;
  for (const std::string& words : how) {
    TextBox note = text_at(ruler, words, TextRole::note, {left, area.y + 1}, area.width);
    if (note.box.right() > area.right()) continue;
    layout.page.texts.push_back(std::move(note));
    return;
  }
}

void add_rss(TimelineLayout& layout, const TimelineReport& report, const Areas& areas, std::uint64_t largest,
             const Scale& time, const TextRuler& ruler) {
  layout.rss_plot = areas.rss;
  const Scale bytes{rss_scale_end(largest), areas.rss.bottom(), areas.rss.y};
  add_value_axis(layout.page, layout.grid, layout.axes, areas.rss, bytes, rss_ticks(largest, areas.rss.height), ruler);
  layout.rss = line_of(report.rss, time, bytes);
  // A line of no length would not be seen.
  if (!layout.rss.empty() && layout.rss.back().x - layout.rss.front().x < 2) layout.rss = {layout.rss.back()};
  add_panel_heading(layout, "Resident memory (RSS)",
                    {"own scale, largest sample " + human_bytes(largest), "up to " + human_bytes(largest)},
                    areas.rss_heading, ruler);
}

void add_threads(TimelineLayout& layout, const TimelineReport& report, const Areas& areas, const Scale& time,
                 const TextRuler& ruler) {
  LanesLayout lanes = lay_out_lanes(report, areas.thread_lanes, areas.threads, time, areas.left, ruler);
  layout.lanes_plot = areas.threads;
  layout.lanes = std::move(lanes.cells);
  layout.page.texts.insert(layout.page.texts.end(), lanes.names.begin(), lanes.names.end());
  const std::string most = fmt::format("at most {} in {}", grouped(lanes.most), human_time(lanes.length_ns));
  add_panel_heading(layout, "Threads",
                    {fmt::format("{}allocations and frees of all layers, {}", report.margins ? "recorded " : "", most),
                     "allocations and frees, " + most, most},
                    areas.threads_heading, ruler);
}

}  // namespace

void lay_out_chart(TimelineLayout& layout, const TimelineReport& report, const TextRuler& ruler) {
  std::uint64_t largest_rss = 0;
  for (const RssSample& sample : report.rss) largest_rss = std::max(largest_rss, sample.bytes);
  const Areas areas = divide(layout.page.body, report, largest_rss, ruler);
  layout.plot = areas.plot;
  const Scale time{last_instant(report), areas.plot.x, areas.plot.right(), report.begin_ns};
  const Scale bytes{heap_scale_end(report.peak.bytes, areas.plot.height), areas.plot.bottom(), areas.plot.y};
  add_value_axis(layout.page, layout.grid, layout.axes, areas.plot, bytes,
                 heap_ticks(report.peak.bytes, areas.plot.height), ruler);
  add_time_axis(layout.page, layout.axes, areas.time_axis, time, ruler);
  if (areas.rss.height > 0) add_rss(layout, report, areas, largest_rss, time, ruler);
  if (areas.thread_lanes > 0) add_threads(layout, report, areas, time, ruler);

  std::vector<PlacedMark> marks;
  for (const TimelineReport::Mark& mark : report.marks) marks.push_back({time.at(mark.time_ns), mark.name});
  std::stable_sort(marks.begin(), marks.end(), [](const PlacedMark& a, const PlacedMark& b) { return a.x < b.x; });
  MarksLayout placed = lay_out_marks(marks, areas.plot, areas.mark_lanes, ruler);
  layout.marks = std::move(placed.lines);
  layout.page.texts.insert(layout.page.texts.end(), placed.labels.begin(), placed.labels.end());
  if (report.peak.bytes == 0) {
    add_heading(layout, report, areas.heading, placed.unlabelled, ruler);
    return add_empty_message(layout.page, areas.plot, report.layer, report.selection, ruler);
  }
  layout.live = envelope_of(report.steps, time, bytes);
  if (!report.bands.empty()) layout.bands = stacked(report, time, bytes);
  layout.peak = Point{time.at(report.peak.time_ns), bytes.at(report.peak.bytes)};
  if (areas.plot.height >= kCalloutPlotHeight) add_callout(layout, report, *layout.peak, ruler);
  add_heading(layout, report, areas.heading, placed.unlabelled, ruler);
  SitesLayout sites = report.bands.empty()
                          ? lay_out_sites(report.peak_sites, report.peak, areas.sites, ruler)
                          : lay_out_bands(report.bands, report.banded_by, report.peak, areas.sites, ruler);
  layout.keys = std::move(sites.keys);
  layout.bars = std::move(sites.bars);
  layout.page.texts.insert(layout.page.texts.end(), sites.texts.begin(), sites.texts.end());
}

TimelineLayout lay_out(const TimelineReport& report, const std::string& title, Size size, const TextRuler& ruler) {
  TimelineLayout layout;
  const std::string heading = title.empty() ? report.program + ": live heap memory over time" : title;
  layout.page = lay_out_page({heading, timeline_subtitle(report), report.caveats, quiet_note(report.selection)},
                             page_size(size, kTimelineSize), ruler);
  lay_out_chart(layout, report, ruler);
  return layout;
}

}  // namespace heaptape
