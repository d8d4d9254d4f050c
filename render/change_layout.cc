#include "render/change_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/icicle_bars.h"
#include "render/selection_words.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr double kFlameGap = 22;
constexpr std::size_t kMostChangeBars = 1500;  // of each flame
constexpr std::size_t kMostChangeGlyphs = 1800;
constexpr std::size_t kMostFlameRows = 34;  // where nobody asked for a height

std::uint64_t total_of_root(const TreeReport& report) { return report.nodes.empty() ? 0 : report.nodes[0].total; }

std::string figure_in(const TreeReport& report, std::uint64_t value) {
  return is_bytes(report.cost) ? human_bytes(value) : grouped(value);
}

std::string signed_change(const TreeReport& report, std::uint64_t base, std::uint64_t now) {
  if (now == base) return "±0";
  return (now > base ? "+" : "−") + figure_in(report, now > base ? now - base : base - now);
}

IcicleBars bars_of(const TreeReport& report, Rect frame) {
  double least_width = 0.5;
  IcicleBars bars;
  if (frame.width <= 0) return bars;
  const auto rows = static_cast<std::size_t>(frame.height / kBarHeight);
  bars = lay_out_bars(report, frame, least_width, rows);
  while (bars.bars.size() > kMostChangeBars && least_width < frame.width)
    bars = lay_out_bars(report, frame, least_width *= 1.5, rows);
  return bars;
}

void add_flame(ChangeLayout& layout, const TreeReport& report, const std::vector<std::uint64_t>& other, bool is_now,
               Rect frame, Folded& folded, const TextRuler& ruler) {
  IcicleBars bars = bars_of(report, frame);
  folded = {bars.narrow.frames + bars.deep.frames, bars.narrow.cost + bars.deep.cost};
  const double height = std::ceil(ruler.height(font_of(TextRole::bar)));
  std::stable_sort(bars.bars.begin(), bars.bars.end(),
                   [](const IcicleBar& a, const IcicleBar& b) { return a.rect.width > b.rect.width; });
  std::size_t glyphs = 0;
  for (IcicleBar& bar : bars.bars) {
    bar.rect.y = frame.y + frame.bottom() - bar.rect.bottom();
    if (bar.kind == IcicleBar::Kind::folded) {
      layout.cells.push_back({bar.rect, {Ink::Family::folded, 0}});
      continue;
    }
    const TreeReport::Node& node = report.nodes[bar.node];
    const std::uint64_t before = is_now ? other[bar.node] : node.total;
    const std::uint64_t after = is_now ? node.total : other[bar.node];
    layout.cells.push_back({bar.rect, ink_of_change(before, after)});
    if (bar.rect.width < 40 || glyphs > kMostChangeGlyphs) continue;
    const Point at{bar.rect.x + 4, bar.rect.y + (bar.rect.height - height) / 2};
    const std::string full = fmt::format("{}  {}", node.label, signed_change(report, before, after));
    TextBox label = text_at(ruler, full, TextRole::bar, at, 1e6);
    if (label.box.width > bar.rect.width - 8) label = text_at(ruler, node.label, TextRole::bar, at, bar.rect.width - 8);
    glyphs += std::min(label.text.size(), static_cast<std::size_t>(label.box.width / 4));
    layout.page.texts.push_back(std::move(label));
  }
}

std::size_t depth_of(const TreeReport& report) {
  std::size_t deepest = 0;
  std::vector<std::pair<std::uint32_t, std::size_t>> work{{0, 1}};
  const double least = static_cast<double>(total_of_root(report)) / 100;
  while (!work.empty() && !report.nodes.empty()) {
    const auto [node, depth] = work.back();
    work.pop_back();
    deepest = std::max(deepest, depth);
    for (const std::uint32_t child : report.nodes[node].children)
      if (static_cast<double>(report.nodes[child].total) >= least) work.emplace_back(child, depth + 1);
  }
  return deepest;
}

std::string both_figures(const TreeReport& report) {
  const std::uint64_t total = total_of_root(report);
  return is_bytes(report.cost) ? both_bytes(total) : counted(total, "allocation");
}

// What a side's flame is headed by: a range or an instant lies elsewhere in each run.
std::string side_heading(const char* side, const TreeReport& tree) {
  const std::string where = tree.selection.has_range() ? ", " + words_of(tree.selection)[0] : "";
  return fmt::format("{}{}: {}", side, where, both_figures(tree));
}

}  // namespace

Ink ink_of_change(std::uint64_t base, std::uint64_t now) {
  const double larger = static_cast<double>(std::max(base, now));
  if (larger == 0) return {Ink::Family::same, 0};
  const double change = (static_cast<double>(now) - static_cast<double>(base)) / larger;
  if (std::abs(change) < 0.01) return {Ink::Family::same, 0};
  const std::uint8_t shade = std::abs(change) < 0.2 ? 0 : std::abs(change) < 0.6 ? 1 : 2;
  return {change > 0 ? Ink::Family::grown : Ink::Family::shrunk, shade};
}

std::string change_in_words(const ChangeTreeReport& report) {
  const std::uint64_t base = total_of_root(report.base), now = total_of_root(report.now);
  std::string words = fmt::format("{}, before {}", both_figures(report.now), both_figures(report.base));
  if (base > 0)
    words += fmt::format(": {:+.1f} %",
                         100 * (static_cast<double>(now) - static_cast<double>(base)) / static_cast<double>(base));
  return words;
}

ChangeLayout lay_out(const ChangeTreeReport& report, const std::string& title, Size size, const TextRuler& ruler) {
  ChangeLayout layout;
  const std::uint64_t base = total_of_root(report.base), now = total_of_root(report.now);
  const std::string what =
      report.now.cost == Cost::live ? "what changed" : std::string("what changed, cost ") + name_of(report.now.cost);
  PageText text = page_text_of(report, title, what, {change_in_words(report)});
  const bool empty = base == 0 && now == 0;
  const double keys = line_height(TextRole::note, ruler) + 12, head = line_height(TextRole::heading, ruler) + 6;
  const auto rows_of = [](const TreeReport& tree) {
    return static_cast<double>(std::min(depth_of(tree), kMostFlameRows)) * kBarHeight;
  };
  if (!empty) text.notes = {std::string("both flames have one scale")};
  const double wanted = empty ? 120 : keys + 2 * head + kFlameGap + rows_of(report.base) + rows_of(report.now);
  const Page probe = lay_out_page(text, page_size(size, {kIcicleWidth, 4000}), ruler);
  const Size page = page_size(size, {kIcicleWidth, std::ceil(probe.size.height - probe.body.height + wanted + 1)});
  const double larger = static_cast<double>(std::max<std::uint64_t>(std::max(base, now), 1));
  for (int round = 0; round < 3; ++round) {
    layout = {};
    layout.page = lay_out_page(text, page, ruler);
    const Rect body = layout.page.body;
    if (empty) {
      add_empty_message(layout.page, layout.page.body, report.layer, report.selection, ruler);
      return layout;
    }
    add_legend(layout, {body.x, body.y, body.width, keys},
               {{{Ink::Family::grown, 2}, "grown by more than 60 %"},
                {{Ink::Family::grown, 1}, "20 %"},
                {{Ink::Family::grown, 0}, "1 %"},
                {{Ink::Family::same, 0}, "as before"},
                {{Ink::Family::shrunk, 0}, "shrunk by 1 %"},
                {{Ink::Family::shrunk, 1}, "20 %"},
                {{Ink::Family::shrunk, 2}, "more than 60 %, or gone"}},
               ruler, {"grown, from 60 % to 1 %", "shrunk, to gone"});
    const double room = std::max(0.0, body.height - keys - 2 * head - kFlameGap);
    const double rows = std::max(1.0, rows_of(report.base) + rows_of(report.now));
    const double base_height = std::floor(room * rows_of(report.base) / rows / kBarHeight) * kBarHeight;
    const double now_height = std::floor((room - base_height) / kBarHeight) * kBarHeight;
    layout.base = {body.x, body.y + keys + head, body.width * (static_cast<double>(base) / larger), base_height};
    layout.now = {body.x, layout.base.bottom() + kFlameGap + head, body.width * (static_cast<double>(now) / larger),
                  now_height};
    layout.page.texts.push_back(
        text_at(ruler, side_heading("Before", report.base), TextRole::heading, {body.x, body.y + keys}, body.width));
    layout.page.texts.push_back(text_at(ruler, side_heading("Now", report.now), TextRole::heading,
                                        {body.x, layout.base.bottom() + kFlameGap}, body.width));
    add_flame(layout, report.base, report.base_other, false, layout.base, layout.base_folded, ruler);
    add_flame(layout, report.now, report.now_other, true, layout.now, layout.now_folded, ruler);
    const std::vector<std::string> notes{fmt::format(
        "Both flames have one scale. Folded: {} before ({}), {} now ({}).", counted(layout.base_folded.frames, "frame"),
        share_of(layout.base_folded.cost, std::max<std::uint64_t>(base, 1)), counted(layout.now_folded.frames, "frame"),
        share_of(layout.now_folded.cost, std::max<std::uint64_t>(now, 1)))};
    if (text.notes == notes) break;
    text.notes = notes;
  }
  return layout;
}

}  // namespace heaptape
