#include "render/sizes_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/axes.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr double kWidestBar = 90;
constexpr double kPanelGap = 16;
constexpr double kLeastPanel = 24;

std::string size_label(const SizesReport::Bucket& bucket) {
  if (bucket.most <= 1) return fmt::format("{} B", bucket.least);
  return round_figure(human_bytes(bucket.least));
}

// Labels of higher bars go first; what would touch them, or lie on a bar beside its own, is left out.
void keep_apart(SizesLayout& layout, std::vector<TextBox> labels) {
  std::stable_sort(labels.begin(), labels.end(), [](const TextBox& a, const TextBox& b) { return a.box.y < b.box.y; });
  std::vector<TextBox> kept;
  for (TextBox& label : labels) {
    const Rect wide = label.box.inset(-2, 0);
    const bool touches =
        std::any_of(kept.begin(), kept.end(), [&](const TextBox& other) { return wide.overlaps(other.box); }) ||
        std::any_of(layout.cells.begin(), layout.cells.end(),
                    [&](const Cell& bar) { return label.box.overlaps(bar.rect); });
    if (!touches && label.box.right() <= layout.page.body.right()) kept.push_back(std::move(label));
  }
  layout.page.texts.insert(layout.page.texts.end(), kept.begin(), kept.end());
}

// One histogram. A figure stands on each bar that is wide enough for it.
template <class Figure, class Words>
void add_panel(SizesLayout& layout, const SizesReport& report, Rect plot, const std::string& heading, Figure figure,
               Words words, const TextRuler& ruler) {
  const double heading_height = line_height(TextRole::heading, ruler);
  layout.page.texts.push_back(
      text_at(ruler, heading, TextRole::heading, {plot.x, plot.y - heading_height - 22}, plot.width));
  std::uint64_t most = 1;
  for (const SizesReport::Bucket& bucket : report.buckets) most = std::max(most, figure(bucket));
  const double width = std::min(kWidestBar, plot.width / static_cast<double>(report.buckets.size()));
  const double label_height = line_height(TextRole::axis, ruler);
  std::vector<TextBox> labels;
  double x = plot.x;
  for (const SizesReport::Bucket& bucket : report.buckets) {
    const double part = static_cast<double>(figure(bucket)) / static_cast<double>(most);
    const double height = figure(bucket) == 0 ? 0 : std::max(1.0, std::round(part * plot.height));
    const Rect bar{snapped(x), std::round(plot.bottom()) - height, std::max(0.5, snapped(width * 0.86)), height};
    if (height > 0) {
      layout.cells.push_back({bar, {Ink::Family::value, 0}});
      labels.push_back(text_at(ruler, words(bucket), TextRole::axis, {bar.x + bar.width / 2, bar.y - label_height - 1},
                               1e6, Align::centre));
      Rect& box = labels.back().box;  // of the outermost bars beside their middle
      box.x = std::max(layout.page.body.x, std::min(box.x, layout.page.body.right() - box.width));
    }
    x += width;
  }
  keep_apart(layout, std::move(labels));
  const double base = std::round(plot.bottom()) + 0.5;
  layout.axes.push_back({{plot.x, base}, {plot.right(), base}});
}

void add_size_axis(SizesLayout& layout, const SizesReport& report, Rect plot, const TextRuler& ruler) {
  const double width = std::min(kWidestBar, plot.width / static_cast<double>(report.buckets.size()));
  double widest = 0;
  for (const SizesReport::Bucket& bucket : report.buckets)
    widest = std::max(widest, ruler.width(size_label(bucket), font_of(TextRole::axis)));
  const auto each = static_cast<std::size_t>(std::ceil((widest + 8) / width));  // that many apart they do not touch
  const double y = plot.bottom() + 5;
  for (std::size_t i = 0; i < report.buckets.size(); ++i) {
    const double left = std::round(plot.x + static_cast<double>(i) * width) + 0.5;
    layout.axes.push_back({{left, plot.bottom()}, {left, plot.bottom() + 4}});
    if (i % each != 0) continue;
    TextBox label = text_at(ruler, size_label(report.buckets[i]), TextRole::axis, {left, y}, 1e6, Align::centre);
    label.box.x = std::max(label.box.x, layout.page.body.x);
    if (label.box.right() <= layout.page.body.right()) layout.page.texts.push_back(std::move(label));
  }
}

std::vector<std::string> sizes_notes(const SizesReport& report) {
  std::vector<std::string> notes = unknown_note(report.unknown);
  notes.insert(notes.begin(), "Each bar holds the sizes from its tick up to the next, as requested.");
  return notes;
}

}  // namespace

std::string total_of(const SizesReport& report) {
  const std::string text = fmt::format("{} of {}", counted(report.blocks, "block"), both_bytes(report.bytes));
  return report.margins ? "about " + text : text;
}

SizesLayout lay_out(const SizesReport& report, const std::string& title, Size size, const TextRuler& ruler) {
  SizesLayout layout;
  const bool instant = report.selection.at.has_value();
  PageText text =
      page_text_of(report, title, instant ? "sizes of live blocks" : "sizes of allocated blocks", {total_of(report)});
  if (!report.buckets.empty()) text.notes = sizes_notes(report);
  layout.page = lay_out_page(text, page_size(size, kSizesSize), ruler);
  if (report.buckets.empty()) {
    add_empty_message(layout.page, layout.page.body, report.layer, report.selection, ruler);
    return layout;
  }
  const Rect body = layout.page.body;
  const double head = line_height(TextRole::heading, ruler) + 22;
  const double axis = line_height(TextRole::axis, ruler) + 8;
  // Where both would be flat, the blocks have the page alone.
  const bool both = body.height >= 2 * (head + kLeastPanel) + axis + kPanelGap;
  const double height = both ? (body.height - 2 * head - axis - kPanelGap) / 2 : body.height - head - axis;
  if (height < 1) return layout;
  layout.blocks_plot = {body.x, body.y + head, body.width, height};
  add_panel(
      layout, report, layout.blocks_plot, "Blocks of each size", [](const auto& bucket) { return bucket.blocks; },
      [](const auto& bucket) { return grouped(bucket.blocks); }, ruler);
  if (both) {
    layout.bytes_plot = {body.x, layout.blocks_plot.bottom() + kPanelGap + head, body.width, height};
    add_panel(
        layout, report, layout.bytes_plot, "Bytes in blocks of each size",
        [](const auto& bucket) { return bucket.bytes; }, [](const auto& bucket) { return human_bytes(bucket.bytes); },
        ruler);
  }
  add_size_axis(layout, report, both ? layout.bytes_plot : layout.blocks_plot, ruler);
  return layout;
}

}  // namespace heaptape
