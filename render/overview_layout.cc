#include "render/overview_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "render/icicle_bars.h"
#include "render/icicle_layout.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr double kPartGap = 26;
constexpr std::size_t kOverviewGlyphs = 1600;

constexpr std::size_t kTiles = 7;
constexpr double kLeastTile = 104, kTileGap = 8;

std::size_t tile_columns(double width) {
  return std::clamp<std::size_t>(static_cast<std::size_t>(width / kLeastTile), 1, kTiles);
}

double tile_height(const TextRuler& ruler) {
  return line_height(TextRole::note, ruler) + line_height(TextRole::callout_figure, ruler) + 1;
}

double tiles_height(double width, const TextRuler& ruler) {
  const std::size_t rows = (kTiles + tile_columns(width) - 1) / tile_columns(width);
  return static_cast<double>(rows) * (tile_height(ruler) + kTileGap) - kTileGap;
}

void add_figures(OverviewLayout& layout, const OverviewReport& report, const TextRuler& ruler) {
  const Totals& totals = report.totals;
  const std::string about = report.margins ? "about " : "";
  const bool is_range = report.timeline.selection.has_range();
  const std::array<std::pair<std::string, std::string>, kTiles> tiles{{
      {"peak", about + human_bytes(totals.peak_bytes)},
      {"allocated", about + human_bytes(totals.allocated_bytes)},
      {"allocations", about + grouped(totals.allocations)},
      {"temporary", share_of(totals.temporary, totals.allocations)},
      {is_range ? "still live of it" : "live at end", about + human_bytes(totals.live_bytes)},
      {"RSS peak", report.rss_peak != 0 ? human_bytes(report.rss_peak)
                   : report.has_rss     ? "no sample"
                                        : "not sampled"},
      {is_range ? "lasts" : "ran", human_time(report.duration_ns)},
  }};
  const Rect area = layout.figures;
  const std::size_t columns = tile_columns(area.width);
  const double width = area.width / static_cast<double>(columns);
  const double row = tile_height(ruler) + kTileGap;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Point at{area.x + static_cast<double>(i % columns) * width, area.y + static_cast<double>(i / columns) * row};
    layout.page.texts.push_back(text_at(ruler, tiles[i].first, TextRole::note, at, width - 8));
    layout.page.texts.push_back(text_at(ruler, tiles[i].second, TextRole::callout_figure,
                                        {at.x, layout.page.texts.back().box.bottom() + 1}, width - 8));
  }
}

Rect below_heading(OverviewLayout& layout, const std::string& heading, Rect area, const TextRuler& ruler) {
  layout.page.texts.push_back(text_at(ruler, heading, TextRole::heading, {area.x, area.y}, area.width));
  const double taken = line_height(TextRole::heading, ruler) + 8;
  return {area.x, area.y + taken, area.width, std::max(0.0, area.height - taken)};
}

Ink ink_of_frame(const IcicleBar& bar) {
  if (bar.kind == IcicleBar::Kind::folded) return {Ink::Family::folded, 0};
  return bar.kind == IcicleBar::Kind::program ? Ink{Ink::Family::series, 1} : Ink{Ink::Family::series, 0};
}

// What the flame has rows for, with its heading; at most `most`.
double flame_height(const TreeReport& tree, double width, double most, const TextRuler& ruler) {
  const double heading = line_height(TextRole::heading, ruler) + 8;
  const auto rows = static_cast<std::size_t>(std::max(0.0, most - heading) / kBarHeight);
  const std::size_t used = lay_out_bars(tree, {0, 0, width, most}, 1, rows).rows;
  return std::min(most, heading + static_cast<double>(std::max<std::size_t>(used, 1)) * kBarHeight);
}

void add_small_flame(OverviewLayout& layout, const TreeReport& tree, const TextRuler& ruler) {
  const Rect frame = below_heading(layout, "Flame, bytes live at the peak", layout.flame, ruler);
  if (tree.total == 0)
    layout.page.texts.push_back(text_at(ruler, "no blocks", TextRole::note, {frame.x, frame.y}, frame.width));
  const auto rows = static_cast<std::size_t>(frame.height / kBarHeight);
  double least = 1;
  IcicleBars bars = lay_out_bars(tree, frame, least, rows);
  while (bars.bars.size() > 900 && least < frame.width) bars = lay_out_bars(tree, frame, least *= 1.5, rows);
  if (const std::uint64_t frames = bars.narrow.frames + bars.deep.frames; frames > 0) {
    const double left = layout.page.texts.back().box.right() + 12;
    const std::string words =
        fmt::format("{} folded: {}", counted(frames, "frame"),
                    share_of(bars.narrow.cost + bars.deep.cost, tree.nodes.empty() ? 0 : tree.nodes[0].total));
    if (layout.flame.right() - left > 80)
      layout.page.texts.push_back(
          text_at(ruler, words, TextRole::note, {left, layout.flame.y + 1}, layout.flame.right() - left));
  }
  std::stable_sort(bars.bars.begin(), bars.bars.end(),
                   [](const IcicleBar& a, const IcicleBar& b) { return a.rect.width > b.rect.width; });
  const double height = std::ceil(ruler.height(font_of(TextRole::bar)));
  std::size_t glyphs = 0;
  const double used = static_cast<double>(bars.rows) * kBarHeight;
  for (IcicleBar& bar : bars.bars) {
    bar.rect.y = frame.y + frame.y + used - bar.rect.bottom();
    layout.cells.push_back({bar.rect, ink_of_frame(bar)});
    if (bar.kind == IcicleBar::Kind::folded || bar.rect.width < 40 || glyphs > kOverviewGlyphs) continue;
    TextBox label = text_at(ruler, tree.nodes[bar.node].label, TextRole::bar,
                            {bar.rect.x + 4, bar.rect.y + (bar.rect.height - height) / 2}, bar.rect.width - 8);
    glyphs += std::min(label.text.size(), static_cast<std::size_t>(label.box.width / 4));
    layout.page.texts.push_back(std::move(label));
  }
}

// Sites and what they hold, as many as there is room for, and the rest in one line.
void add_shares(OverviewLayout& layout, const std::vector<SiteShare>& sites, std::uint64_t whole, Rect area,
                const std::string& nothing, const TextRuler& ruler) {
  const double line = line_height(TextRole::site, ruler), row = line + 12;
  const auto room = static_cast<std::size_t>(std::max(0.0, area.height / row));
  if (room == 0) return;
  if (sites.empty()) {
    layout.page.texts.push_back(text_at(ruler, nothing, TextRole::note, {area.x, area.y}, area.width));
    return;
  }
  const auto add = [&](const std::string& label, std::uint64_t bytes, double y) {
    TextBox figure = text_at(ruler, fmt::format("{}, {}", human_bytes(bytes), share_of(bytes, whole)), TextRole::site,
                             {area.right(), y}, area.width / 2, Align::right);
    TextBox name = text_at(ruler, label, TextRole::site, {area.x, y}, std::max(1.0, figure.box.x - area.x - 8));
    name.ellipsis = Ellipsis::middle;
    const double part = whole == 0 ? 0 : std::min(1.0, static_cast<double>(bytes) / static_cast<double>(whole));
    layout.cells.push_back({{area.x, y + line + 2, area.width, 4}, {Ink::Family::track, 0}});
    layout.cells.push_back({{area.x, y + line + 2, area.width * part, 4}, {Ink::Family::value, 0}});
    layout.page.texts.push_back(std::move(name));
    layout.page.texts.push_back(std::move(figure));
  };
  std::uint64_t told = 0;
  for (const SiteShare& site : sites) told += site.bytes;
  const std::size_t rows = sites.size() + (told < whole ? 1 : 0);
  const std::size_t shown = rows <= room ? sites.size() : room - 1;
  told = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    add(sites[i].label, sites[i].bytes, area.y + static_cast<double>(i) * row);
    told += sites[i].bytes;
  }
  if (told < whole && shown < room) add("all other sites", whole - told, area.y + static_cast<double>(shown) * row);
}

std::vector<SiteShare> leaking_sites(const LeaksReport& leaks) {
  std::vector<SiteShare> sites;
  for (const LeaksReport::Group& group : leaks.groups)
    sites.push_back(
        {group.detail.empty() ? group.label : group.label + " (" + group.detail + ")", group.bytes, group.blocks});
  return sites;
}

std::string leaks_heading(const LeaksReport& leaks) {
  const char* const what = leaks.ended                   ? "Leaked"
                           : leaks.selection.has_range() ? "Allocated in it and still live"
                                                         : "Live at the end";
  return fmt::format("{}: {} in {}", what, human_bytes(leaks.bytes), counted(leaks.blocks, "block"));
}

std::string nothing_leaked(const LeaksReport& leaks) {
  return leaks.residue_bytes == 0 ? "nothing" : "nothing; the runtime keeps " + human_bytes(leaks.residue_bytes);
}

void add_ledger(OverviewLayout& layout, const OverviewReport& report, const TextRuler& ruler) {
  const Rect area = below_heading(layout, "Ledger", layout.ledger, ruler);
  const std::string words = report.is_lossy  ? "Figures are not exact: see the sentences at the foot."
                            : report.margins ? "Nothing lost; births were sampled, and figures are estimates."
                                             : "Nothing lost: every figure is exact.";
  double y = area.y;
  for (const std::string& line : wrapped(ruler, words, TextRole::note, area.width, 2)) {
    layout.page.texts.push_back(text_at(ruler, line, TextRole::note, {area.x, y}, area.width));
    y = layout.page.texts.back().box.bottom() + 2;
  }
}

// How it ended, where that is not as it should.
std::string ending_of(const Ending& ending) {
  if (ending.kind == EndKind::signaled) return fmt::format("killed by signal {}", ending.status);
  if (ending.kind == EndKind::exited && ending.status != 0) return fmt::format("exited with status {}", ending.status);
  return "";
}

constexpr double kBesideWidth = 640;    // narrower, and lists go beneath the pictures,
constexpr double kBeneathHeight = 640;  // or nowhere, where it is lower than that

}  // namespace

OverviewLayout lay_out(const OverviewReport& report, const std::string& title, Size asked, const TextRuler& ruler) {
  OverviewLayout layout;
  const Size size = page_size(asked, kOverviewSize);
  PageText text = page_text_of(report.timeline, title, "overview", {ending_of(report.leaks.ending)});
  const bool is_beside = size.width - 2 * kMargin >= kBesideWidth;
  const bool is_beneath = !is_beside && size.height >= kBeneathHeight + 260;  // with heading and figures
  if (!is_beside && !is_beneath)
    text.notes.push_back("No room for top sites, leaks and ledger: a page 700 wide or 900 high has them.");
  layout.page = lay_out_page(text, size, ruler);
  const Rect body = layout.page.body;
  const double tiles = tiles_height(body.width, ruler);
  layout.figures = {body.x, body.y, body.width, tiles};
  const Rect rest{body.x, body.y + tiles + 18, body.width, std::max(0.0, body.height - tiles - 18)};
  if (rest.height < 120) {
    layout.page.texts.push_back(
        text_at(ruler, "Too low for an overview: --height 600 has room", TextRole::note, {body.x, body.y}, body.width));
    return layout;
  }
  add_figures(layout, report, ruler);

  const double ledger = line_height(TextRole::heading, ruler) + 8 + 2 * line_height(TextRole::note, ruler) + 4;
  Rect pictures = rest, lists;
  if (is_beside) {
    const double width = std::clamp(rest.width * 0.3, 230.0, 460.0);
    pictures.width -= width + kPartGap;
    lists = {rest.right() - width, rest.y, width, rest.height};
  } else if (is_beneath) {
    pictures.height = std::floor(rest.height * 0.6);
    lists = {rest.x, pictures.bottom() + kPartGap, rest.width, rest.height - pictures.height - kPartGap};
  }
  const double flame = flame_height(report.tree, pictures.width, std::ceil(pictures.height * 0.5), ruler);
  const double curve = pictures.height - flame;
  layout.timeline.page.size = layout.page.size;
  layout.timeline.page.body = {pictures.x, pictures.y, pictures.width, curve - kPartGap};
  TimelineReport plain = report.timeline;
  plain.peak_sites.clear();  // a list has them
  lay_out_chart(layout.timeline, plain, ruler);
  layout.flame = {pictures.x, pictures.y + curve, pictures.width, flame};
  if (pictures.height > 160) add_small_flame(layout, report.tree, ruler);
  if (lists.width <= 0) return layout;

  const double each = std::max(0.0, (lists.height - ledger - 2 * kPartGap) / 2);
  layout.sites = {lists.x, lists.y, lists.width, each};
  layout.leaks = {lists.x, lists.y + each + kPartGap, lists.width, each};
  layout.ledger = {lists.x, lists.bottom() - ledger, lists.width, ledger};
  add_shares(layout, report.timeline.peak_sites, report.timeline.peak.bytes,
             below_heading(layout, "Live at the peak, by site", layout.sites, ruler), "no blocks", ruler);
  add_shares(layout, leaking_sites(report.leaks), report.leaks.bytes,
             below_heading(layout, leaks_heading(report.leaks), layout.leaks, ruler), nothing_leaked(report.leaks),
             ruler);
  add_ledger(layout, report, ruler);
  return layout;
}

}  // namespace heaptape
