#include "render/icicle_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/icicle_bars.h"
#include "render/selection_words.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr double kTallest = 1600;          // of a height that nobody asked for
constexpr double kLeastWidth = 0.5;        // of a bar that can be seen
constexpr std::size_t kMostBars = 2600;    // an SVG stays below 500 KB with as many, and
constexpr std::size_t kMostGlyphs = 3200;  // as many glyphs in their labels
constexpr std::uint64_t kMany = 999'999'999;
constexpr double kPadding = 4;  // of a label in its bar

const char* heading_of(Cost cost) {
  switch (cost) {
    case Cost::peak:
      return "bytes live at the peak";
    case Cost::allocated:
      return "bytes allocated";
    case Cost::count:
      return "allocations";
    case Cost::temporary:
      return "temporary allocations";
    case Cost::leaked:
      return "bytes live at the end";
    case Cost::live:
      return "live bytes";
  }
  return "";
}

std::string figure_of(Cost cost, std::uint64_t value) { return is_bytes(cost) ? human_bytes(value) : grouped(value); }

std::string whole_of(const TreeReport& report) {
  return figure_of(report.cost, report.nodes[0].total) + (is_bytes(report.cost) ? "" : " allocations");
}

// Raises the least width until the picture is light enough.
IcicleBars light_bars(const TreeReport& report, Rect frame, std::size_t rows, double& least_width) {
  least_width = kLeastWidth;
  IcicleBars bars = lay_out_bars(report, frame, least_width, rows);
  while (bars.bars.size() > kMostBars && least_width < frame.width) {
    least_width *= 1.5;
    bars = lay_out_bars(report, frame, least_width, rows);
  }
  return bars;
}

// Rows down to the last that still bears a hundredth of the picture's width: below it there are only threads.
std::size_t rows_worth_showing(const IcicleBars& bars, Rect frame) {
  std::vector<double> widths(bars.rows);
  for (const IcicleBar& bar : bars.bars)
    widths[static_cast<std::size_t>(std::lround((bar.rect.y - frame.y) / kBarHeight))] += bar.rect.width;
  std::size_t rows = widths.size();
  while (rows > 1 && widths[rows - 1] < frame.width / 100) --rows;
  return rows;
}

std::string folded_sentence(const Folded& folded, const std::string& where, const TreeReport& report) {
  return fmt::format("{} {} folded: {} of {}", counted(folded.frames, "frame"), where,
                     share_of(folded.cost, report.nodes[0].total), whole_of(report));
}

std::vector<std::string> notes_of(const IcicleBars& bars, double least_width, const TreeReport& report) {
  std::string note;
  if (bars.narrow.frames > 0)
    note = folded_sentence(bars.narrow, fmt::format("narrower than {:.2g} px", least_width), report);
  if (bars.deep.frames > 0)
    note += (note.empty() ? "" : "; ") + folded_sentence(bars.deep, fmt::format("beyond row {}", bars.rows), report);
  return note.empty() ? std::vector<std::string>{} : std::vector<std::string>{note};
}

std::string full_label(const TreeReport& report, std::uint32_t index) {
  const TreeReport::Node& node = report.nodes[index];
  const std::string name = index == 0 && node.label.empty() ? "all" : node.label;
  return fmt::format("{}  {}, {}", name, figure_of(report.cost, node.total),
                     share_of(node.total, report.nodes[0].total));
}

// Name and figures where both fit, else the name, ellipsised, else nothing.
void add_labels(IcicleLayout& layout, const TreeReport& report, const TextRuler& ruler) {
  std::vector<const IcicleBar*> widest;
  const double least = ruler.width("abc…", font_of(TextRole::bar)) + 2 * kPadding;
  for (const IcicleBar& bar : layout.bars)
    if (bar.kind != IcicleBar::Kind::folded && bar.rect.width >= least) widest.push_back(&bar);
  std::stable_sort(widest.begin(), widest.end(),
                   [](const IcicleBar* a, const IcicleBar* b) { return a->rect.width > b->rect.width; });
  const double height = std::ceil(ruler.height(font_of(TextRole::bar)));
  std::size_t glyphs = 0;
  for (const IcicleBar* bar : widest) {
    const double room = bar->rect.width - 2 * kPadding;
    const Point at{bar->rect.x + kPadding, bar->rect.y + (bar->rect.height - height) / 2};
    TextBox label = text_at(ruler, full_label(report, bar->node), TextRole::bar, at, 1e6);
    if (label.box.width > room) label = text_at(ruler, report.nodes[bar->node].label, TextRole::bar, at, room);
    glyphs += std::min(label.text.size(), static_cast<std::size_t>(label.box.width / 4));
    if (glyphs > kMostGlyphs) return;
    layout.page.texts.push_back(std::move(label));
  }
}

void add_legend(IcicleLayout& layout, Rect line, const TextRuler& ruler) {
  double x = line.x;
  const auto add = [&](Key key, const char* text) {
    TextBox box = text_at(ruler, text, TextRole::note, {x + kSwatchSize + 5, line.y}, line.right());
    if (box.box.right() > line.right()) return;
    layout.legend.push_back({{x, line.y + (box.box.height - kSwatchSize) / 2, kSwatchSize, kSwatchSize}, key});
    x = box.box.right() + 18;
    layout.page.texts.push_back(std::move(box));
  };
  const auto has = [&](IcicleBar::Kind kind) {
    return std::any_of(layout.bars.begin(), layout.bars.end(), [&](const IcicleBar& bar) { return bar.kind == kind; });
  };
  add(Key::program, "the program and its libraries");
  if (has(IcicleBar::Kind::system)) add(Key::system, "system libraries");
  if (has(IcicleBar::Kind::folded)) add(Key::folded, "folded: too narrow to see");
}

PageText page_text(const TreeReport& report, const std::string& title, TreeShape shape) {
  const std::string heading = title.empty() ? fmt::format("{}: {}", report.program, heading_of(report.cost)) : title;
  const char* direction = report.direction == TreeReport::Direction::callees ? "callees" : "callers";
  const char* place = shape == TreeShape::icicle ? "beneath" : "above";
  std::vector<std::string> parts{report.command, std::string("layer ") + name_of(report.layer)};
  for (std::string& words : words_of(report.selection)) parts.push_back(std::move(words));
  if (report.cost != Cost::live) parts.push_back(std::string("cost ") + name_of(report.cost));
  parts.insert(parts.end(), {fmt::format("{} {}", direction, place), total_of(report)});
  return {heading, subtitle_of(parts), report.caveats, {}};
}

// The root's row becomes the lowest one of the frame.
void turn_over(std::vector<IcicleBar>& bars, Rect frame) {
  for (IcicleBar& bar : bars) bar.rect.y = frame.y + frame.bottom() - bar.rect.bottom();
}

}  // namespace

std::string total_of(const TreeReport& report) {
  const std::uint64_t total = report.nodes.empty() ? 0 : report.nodes[0].total;
  const std::uint64_t blocks = report.nodes.empty() ? 0 : report.nodes[0].blocks;
  std::string text = is_bytes(report.cost) ? both_bytes(total) : counted(total, "allocation");
  if (is_bytes(report.cost) && blocks != 0) text += " in " + counted(blocks, "block");
  if (!report.margins) return text;
  return fmt::format("about {} (± {})", text, figure_of(report.cost, report.margins->of(report.cost)));
}

IcicleLayout lay_out(const TreeReport& report, const std::string& title, Size size, const TextRuler& ruler,
                     TreeShape shape) {
  IcicleLayout layout;
  PageText text = page_text(report, title, shape);
  const bool empty = report.nodes.empty() || report.nodes[0].total == 0;
  const double legend = empty ? 0 : std::ceil(ruler.height(font_of(TextRole::note))) + 10;
  const bool free_height = size.height <= 0;
  Size page = page_size(size, {kIcicleWidth, free_height && empty ? kSmallest.height : kTallest});

  const auto frame_of = [&](const Page& laid_out) {
    const Rect body = laid_out.body;
    return Rect{body.x, body.y + legend, body.width, std::max(0.0, body.height - legend)};
  };
  const auto rows_of = [](Rect frame) { return static_cast<std::size_t>(frame.height / kBarHeight); };

  // The note takes its lines from the rows, so the longest one stands there while they are counted.
  const IcicleBars longest{.narrow = {kMany, 0}, .deep = {kMany, 0}, .rows = 9999};
  text.notes = empty ? std::vector<std::string>{} : notes_of(longest, kLeastWidth, report);
  Rect frame = frame_of(lay_out_page(text, page, ruler));
  IcicleBars bars = light_bars(report, frame, rows_of(frame), layout.least_width);
  if (free_height && bars.rows > 0) {
    const std::size_t rows = rows_worth_showing(bars, frame);
    bars = light_bars(report, frame, rows, layout.least_width);
  }
  text.notes = notes_of(bars, layout.least_width, report);
  if (free_height && bars.rows > 0) {
    const double spare = frame_of(lay_out_page(text, page, ruler)).height - static_cast<double>(bars.rows) * kBarHeight;
    page = page_size({page.width, std::ceil(page.height - spare)}, page);
  }
  layout.page = lay_out_page(text, page, ruler);
  layout.frame = frame_of(layout.page);
  layout.bars = std::move(bars.bars);
  if (shape == TreeShape::flame) turn_over(layout.bars, layout.frame);
  layout.narrow = bars.narrow;
  layout.deep = bars.deep;
  if (empty) {
    add_empty_message(layout.page, layout.page.body, report.layer, report.selection, ruler);
    return layout;
  }
  add_legend(layout, {layout.page.body.x, layout.page.body.y, layout.page.body.width, legend}, ruler);
  add_labels(layout, report, ruler);
  return layout;
}

}  // namespace heaptape
