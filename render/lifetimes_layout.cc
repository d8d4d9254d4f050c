#include "render/lifetimes_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "format/base_name.h"
#include "render/axes.h"
#include "render/heat_grid.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr double kVariableRow = 17, kSiteRow = 26;
constexpr std::size_t kMostVariables = 40;
constexpr double kAgeRow = 13;  // where nobody asked for a height
constexpr double kPanelSpace = 20;

struct Heights {
  double variables = 0, sites = 0, ages = 0;
};

// The names of rows stand before the plot, right-aligned, each with a figure. Where there is no room the name gives
// way.
void add_row_name(LifetimesLayout& layout, const std::string& name, const std::string& figure, double right,
                  double middle, const TextRuler& ruler) {
  const double left = layout.page.body.x;
  if (!figure.empty()) {
    TextBox box = text_at(ruler, figure, TextRole::site, {right, 0}, right - left, Align::right);
    box.box.y = middle - box.box.height / 2;
    right = box.box.x - 7;
    layout.page.texts.push_back(std::move(box));
  }
  if (right - left < 12) return;
  TextBox box = text_at(ruler, name, TextRole::site, {right, 0}, right - left, Align::right);
  box.box.y = middle - box.box.height / 2;
  if (right - left > 120) box.ellipsis = Ellipsis::middle;
  layout.page.texts.push_back(std::move(box));
}

void add_panel_heading(LifetimesLayout& layout, const std::string& heading, const std::string& detail, double y,
                       const TextRuler& ruler) {
  const Rect body = layout.page.body;
  layout.page.texts.push_back(text_at(ruler, heading, TextRole::heading, {body.x, y}, body.width));
  const double left = layout.page.texts.back().box.right() + 12;
  if (!detail.empty() && left + 60 < body.right())
    layout.page.texts.push_back(text_at(ruler, detail, TextRole::note, {left, y + 1}, body.right() - left));
}

// "52 B", "shares 52 B"; empty where it never owned anything.
std::string variable_figure(const VariablesReport::Scope& scope) {
  if (scope.peak_bytes > 0) return human_bytes(scope.peak_bytes);
  return scope.shared.empty() ? "" : "shares " + human_bytes(scope.shared[0].bytes);
}

// From `first` to `last`, as high in each step as its share of the highest one.
void add_level_bar(LifetimesLayout& layout, Rect track, std::uint64_t first, std::uint64_t last,
                   const std::vector<TimelineReport::Step>& steps, std::uint64_t highest) {
  layout.cells.push_back({track, {Ink::Family::track, 0}});
  const Scale time{last, track.x, track.right(), std::min(first, last)};
  const Scale bytes{std::max<std::uint64_t>(highest, 1), track.bottom(), track.y};
  layout.areas.push_back({envelope_of(steps, time, bytes).high, {Ink::Family::value, 0}});
}

void add_variable(LifetimesLayout& layout, const LifespansReport::Variable& variable, Rect bar, const Scale& time) {
  const VariablesReport::Scope& scope = variable.scope;
  if (scope.peak_bytes == 0) {
    layout.cells.push_back({bar, {Ink::Family::folded, 0}});
    return;
  }
  const std::uint64_t first = std::max(scope.begin_ns, time.first);
  const std::uint64_t last = std::max(first, std::min(scope.end_ns.value_or(time.last), time.last));
  std::vector<TimelineReport::Step> steps;
  for (const VariablesReport::Point& point : scope.history) {
    if (point.time_ns >= last && !steps.empty()) break;  // what is read as the scope ends
    if (point.time_ns <= first) steps.clear();           // what holds where the bar begins
    steps.push_back({std::clamp(point.time_ns, first, last), 0, point.bytes, 0});
  }
  add_level_bar(layout, bar, first, last, steps, scope.peak_bytes);
}

// A line from each scope that reaches blocks of another one's to that one's bar, where both are shown.
void add_links(LifetimesLayout& layout, const LifespansReport& report, const std::vector<Rect>& bars) {
  std::map<std::uint32_t, std::size_t> row_of;
  for (std::size_t i = 0; i < bars.size(); ++i) row_of[report.variables[i].scope.scope] = i;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    for (const VariablesReport::Shared& shared : report.variables[i].scope.shared) {
      const auto owner = row_of.find(shared.owner_scope);
      if (owner == row_of.end() || owner->second == i) continue;
      const Rect &from = bars[i], &to = bars[owner->second];
      const double x = std::clamp(std::max(from.x, to.x) + 1.5, from.x, from.right());
      const double upper = from.y < to.y ? from.bottom() : to.bottom(), lower = from.y < to.y ? to.y : from.y;
      layout.links.push_back({{x, upper}, {x, lower}});
      for (const double y : {upper, lower})
        layout.axes.push_back(
            {{std::max(layout.variables.x, x - 3), y}, {std::min(x + 3, layout.variables.right()), y}});
    }
  }
}

void add_variables(LifetimesLayout& layout, const LifespansReport& report, const Scale& time, const TextRuler& ruler) {
  const Rect plot = layout.variables;
  const auto rows = static_cast<std::size_t>(plot.height / kVariableRow);
  layout.shown_variables = std::min(report.variables.size(), rows);
  std::vector<Rect> bars;
  for (std::size_t i = 0; i < layout.shown_variables; ++i) {
    const LifespansReport::Variable& variable = report.variables[i];
    const double y = plot.y + static_cast<double>(i) * kVariableRow;
    const double left = snapped(time.at(std::min(variable.scope.begin_ns, time.last)));
    const double right = snapped(time.at(std::min(variable.scope.end_ns.value_or(time.last), time.last)));
    bars.push_back({std::min(left, plot.right() - 2), y + 3, std::max(2.0, right - left), kVariableRow - 6});
    add_variable(layout, variable, bars.back(), time);
    add_row_name(layout, variable.name.empty() ? base_name(variable.file) : variable.name,
                 variable_figure(variable.scope), plot.x - 8, y + kVariableRow / 2, ruler);
  }
  add_links(layout, report, bars);
}

// A bar from birth to release.
void add_sites(LifetimesLayout& layout, const LifespansReport& report, const Scale& time, const TextRuler& ruler) {
  const Rect plot = layout.sites;
  layout.shown_sites = std::min(report.sites.size(), static_cast<std::size_t>(plot.height / kSiteRow));
  for (std::size_t i = 0; i < layout.shown_sites; ++i) {
    const LifespansReport::Site& site = report.sites[i];
    const double y = plot.y + static_cast<double>(i) * kSiteRow;
    const double left = std::min(snapped(time.at(site.first_ns)), plot.right() - 1);
    const double right = std::max(left + 1, snapped(time.at(site.last_ns)));
    std::vector<TimelineReport::Step> steps;
    const std::uint64_t length = time.last - time.first;
    for (std::size_t step = 0; step < site.levels.size(); ++step) {
      const auto begin =
          time.first + static_cast<std::uint64_t>(static_cast<double>(length) * static_cast<double>(step) /
                                                  static_cast<double>(site.levels.size()));
      steps.push_back(
          {std::clamp(begin, site.first_ns, std::max(site.first_ns, site.last_ns)), 0, site.levels[step], 0});
    }
    add_level_bar(layout, {left, y + 3, right - left, kSiteRow - 6}, site.first_ns, site.last_ns, steps, site.highest);
    add_row_name(layout, site.label, human_bytes(site.highest), plot.x - 8, y + kSiteRow / 2, ruler);
  }
}

void add_ages(LifetimesLayout& layout, const LifespansReport& report, const TextRuler& ruler) {
  const Rect plot = layout.ages;
  const std::size_t rows = report.ages.size() + 1;  // the last class lies on top
  std::uint64_t most = 1;
  for (const std::uint64_t blocks : report.blocks) most = std::max(most, blocks);
  const double full = std::log1p(static_cast<double>(most));
  layout.cells.push_back({plot, {Ink::Family::track, 0}});
  const HeatGrid grid = heat_grid(
      rows, report.columns,
      [&](std::size_t row, std::size_t column) {
        return std::log1p(static_cast<double>(report.at(rows - 1 - row, column))) / full;
      },
      plot, false);
  layout.cells.insert(layout.cells.end(), grid.cells.begin(), grid.cells.end());
  const double height = plot.height / static_cast<double>(rows);
  const double line = line_height(TextRole::axis, ruler);
  double free_to = plot.bottom() + line;
  for (std::size_t row = 0; row < rows; ++row) {
    const bool is_live = row + 1 == rows;
    const double bottom = plot.bottom() - static_cast<double>(row) * height;
    const double y = is_live ? plot.y + height / 2 - line / 2 : bottom - line / 2;
    if (row == 0 || y + line > free_to) {
      if (!is_live) continue;
    }
    if (!is_live && y < plot.y + height / 2 + line / 2) continue;  // the topmost label keeps its place
    free_to = y - 1;
    layout.page.texts.push_back(text_at(ruler, is_live ? "still live" : round_figure(human_time(report.ages[row])),
                                        TextRole::axis, {plot.x - 8, y}, plot.x - layout.page.body.x, Align::right));
  }
}

std::vector<std::pair<Ink, std::string>> age_keys(const LifespansReport& report) {
  std::uint64_t most = 1;
  for (const std::uint64_t blocks : report.blocks) most = std::max(most, blocks);
  std::vector<std::pair<Ink, std::string>> keys;
  std::uint64_t before = 0;
  for (std::uint8_t i = 0; i < kHeatInks; ++i) {
    const double part = static_cast<double>(i + 1) / kHeatInks;
    // The class ends below the next whole number of blocks.
    const auto blocks = static_cast<std::uint64_t>(std::expm1(std::log1p(static_cast<double>(most)) * part) + 1e-9);
    if (blocks == before) continue;
    keys.emplace_back(Ink{Ink::Family::heat, i}, (blocks > before + 1 ? "up to " : "") + grouped(blocks));
    before = blocks;
  }
  if (!keys.empty()) keys.back().second += before == 1 ? " block a cell" : " blocks a cell";
  return keys;
}

std::pair<std::string, std::string> age_ends(const LifespansReport& report) {
  const std::vector<std::pair<Ink, std::string>> keys = age_keys(report);
  if (keys.empty()) return {};
  return {"few", keys.back().second};
}

std::string not_shown(std::size_t all, std::size_t shown, const char* what) {
  if (all <= shown) return "";
  return fmt::format("{} of {} {}", grouped(shown), grouped(all), what);
}

}  // namespace

LifetimesLayout lay_out(const LifespansReport& report, const std::string& title, Size size, const TextRuler& ruler) {
  LifetimesLayout layout;
  PageText text =
      page_text_of(report, title, "when blocks live",
                   {fmt::format("{} born, {} still live", counted(report.born, "block"), grouped(report.live))});
  for (std::string& note : unknown_note(report.unknown)) text.notes.push_back(std::move(note));
  const double head = line_height(TextRole::heading, ruler) + 6;
  const double keys = line_height(TextRole::note, ruler) + 8;
  const double axis = time_axis_height(ruler);
  const bool empty = report.born == 0 && report.sites.empty() && report.variables.empty();
  Heights heights{static_cast<double>(std::min(report.variables.size(), kMostVariables)) * kVariableRow,
                  static_cast<double>(report.sites.size()) * kSiteRow,
                  static_cast<double>(report.ages.size() + 1) * kAgeRow};
  const double fixed = (heights.variables > 0 ? head + kPanelSpace : 0) + (heights.sites > 0 ? head + kPanelSpace : 0) +
                       head + keys + axis;
  const Page probe = lay_out_page(text, page_size(size, {kLifetimesWidth, 4000}), ruler);
  const double wanted =
      empty ? 300 : probe.size.height - probe.body.height + fixed + heights.variables + heights.sites + heights.ages;
  layout.page = lay_out_page(text, page_size(size, {kLifetimesWidth, std::ceil(wanted)}), ruler);
  if (empty) {
    add_empty_message(layout.page, layout.page.body, report.layer, report.selection, ruler);
    return layout;
  }
  const Rect body = layout.page.body;
  // Where the page is low, rows are left out, whole ones.
  const double room = std::max(3.0, body.height - fixed);
  const double part = std::min(1.0, room / std::max(1.0, heights.variables + heights.sites + heights.ages));
  heights.variables = std::floor(heights.variables * part / kVariableRow) * kVariableRow;
  heights.sites = std::floor(heights.sites * part / kSiteRow) * kSiteRow;
  heights.ages = std::max(1.0, room - heights.variables - heights.sites);

  const double names = std::clamp(body.width * 0.28, 150.0, 330.0);
  const double left = body.x + names, width = std::max(1.0, body.right() - 8 - left);
  const Scale time{report.end_ns, left, left + width, report.begin_ns};
  double y = body.y;
  if (!report.variables.empty()) {
    layout.variables = {left, y + head, width, heights.variables};
    add_variables(layout, report, time, ruler);
    const std::string left_out = not_shown(report.all_variables, layout.shown_variables, "scopes");
    add_panel_heading(layout, "Tracked variables, from scope's begin to its end",
                      std::string("height: bytes owned, of its most") +
                          (layout.links.empty() ? "" : "; dashed: shares the other one's blocks") +
                          (left_out.empty() ? "" : "; " + left_out),
                      y, ruler);
    y = layout.variables.bottom() + kPanelSpace;
  }
  if (!report.sites.empty()) {
    layout.sites = {left, y + head, width, heights.sites};
    add_sites(layout, report, time, ruler);
    add_panel_heading(
        layout, "Top sites, from first birth to last release",
        "height: live bytes, of the site's most" +
            (report.all_sites > layout.shown_sites ? "; " + not_shown(report.all_sites, layout.shown_sites, "sites")
                                                   : ""),
        y, ruler);
    y = layout.sites.bottom() + kPanelSpace;
  }
  add_panel_heading(layout, "All blocks, by birth and age", "age upwards, on a log scale", y, ruler);
  add_legend(layout, {left, y + head, width, keys}, age_keys(report), ruler, age_ends(report));
  layout.ages = {left, y + head + keys, width, std::max(1.0, body.bottom() - axis - y - head - keys)};
  add_ages(layout, report, ruler);
  const double base = std::round(layout.ages.bottom()) + 0.5;
  layout.axes.push_back({{left, base}, {left + width, base}});
  add_time_axis(layout.page, layout.axes, {left, layout.ages.bottom(), width, axis}, time, ruler);
  return layout;
}

}  // namespace heaptape
