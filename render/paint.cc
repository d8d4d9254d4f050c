#include "render/paint.h"

#include <map>

namespace heaptape {
namespace {

void paint_page(Canvas& canvas, const Page& page, const Theme& theme) {
  for (const Rect& mark : page.caution_marks) canvas.fill_rounded(mark, 2, theme.caution);
  for (const TextBox& text : page.texts) canvas.text(text, theme.ink_of(text.role));
}

// One path a colour: thousands of cells stay a small file. Tracks lie behind all else.
void paint_cells(Canvas& canvas, const std::vector<Cell>& cells, const Theme& theme, bool tracks) {
  std::map<Ink, std::vector<Rect>> rects;
  for (const Cell& cell : cells)
    if ((cell.ink.family == Ink::Family::track) == tracks) rects[cell.ink].push_back(cell.rect);
  for (const auto& [ink, of_ink] : rects) canvas.fill(of_ink, theme.of(ink));
}

void paint_legend(Canvas& canvas, const std::vector<Swatch>& legend, const Theme& theme) {
  for (const Swatch& swatch : legend) canvas.fill_rounded(swatch.rect, 2, theme.of(swatch.key));
}

}  // namespace

void paint(Canvas& canvas, const TimelineLayout& layout, const Theme& theme) {
  canvas.lines(layout.grid, theme.grid);
  if (layout.bands.empty()) {
    canvas.fill_outline(layout.live.high, theme.live_high);
    canvas.fill_outline(layout.live.low, theme.live_low);
  }
  for (const Area& band : layout.bands) canvas.fill_outline(band.outline, theme.of(band.ink));
  paint_cells(canvas, layout.lanes, theme, true);
  paint_cells(canvas, layout.lanes, theme, false);
  canvas.stroke(layout.rss, 1.5, theme.rss);
  if (layout.rss.size() == 1) canvas.disc(layout.rss[0], 2.5, theme.rss);  // a line needs two
  canvas.lines(layout.axes, theme.axis);
  canvas.lines(layout.marks, theme.mark, true);
  if (layout.callout) {
    canvas.fill_rounded(*layout.callout, 4, theme.panel);
    canvas.outline_rounded(*layout.callout, 4, theme.panel_edge);
  }
  if (layout.peak) {
    canvas.disc(*layout.peak, 5.5, theme.panel);
    canvas.disc(*layout.peak, 4, theme.peak);
  }
  for (const ShareBar& bar : layout.bars) {
    canvas.fill(bar.track, theme.share_track);
    canvas.fill(bar.fill, bar.ink ? theme.of(*bar.ink) : theme.share);
  }
  for (const Cell& key : layout.keys) canvas.fill_rounded(key.rect, 2, theme.of(key.ink));
  paint_legend(canvas, layout.legend, theme);
  paint_page(canvas, layout.page, theme);
}

void paint(Canvas& canvas, const IcicleLayout& layout, const Theme& theme) {
  // One path a colour: thousands of bars stay a small file.
  const auto fill_all = [&](IcicleBar::Kind kind, std::uint8_t shades) {
    for (std::uint8_t shade = 0; shade < shades; ++shade) {
      std::vector<Rect> rects;
      for (const IcicleBar& bar : layout.bars)
        if (bar.kind == kind && bar.shade == shade) rects.push_back(bar.rect);
      if (!rects.empty()) canvas.fill(rects, theme.of(IcicleBar{.kind = kind, .shade = shade}));
    }
  };
  fill_all(IcicleBar::Kind::program, kProgramShades);
  fill_all(IcicleBar::Kind::system, kSystemShades);
  fill_all(IcicleBar::Kind::folded, 1);
  paint_legend(canvas, layout.legend, theme);
  paint_page(canvas, layout.page, theme);
}

void paint(Canvas& canvas, const Chart& chart, const Theme& theme) {
  canvas.lines(chart.grid, theme.grid);
  paint_cells(canvas, chart.cells, theme, true);
  for (const Area& area : chart.areas) canvas.fill_outline(area.outline, theme.of(area.ink));
  paint_cells(canvas, chart.cells, theme, false);
  canvas.lines(chart.axes, theme.axis);
  canvas.lines(chart.links, theme.mark, true);
  for (const Cell& swatch : chart.legend) canvas.fill_rounded(swatch.rect, 2, theme.of(swatch.ink));
  paint_page(canvas, chart.page, theme);
}

void paint(Canvas& canvas, const OverviewLayout& layout, const Theme& theme) {
  paint(canvas, layout.timeline, theme);
  paint(canvas, static_cast<const Chart&>(layout), theme);
}

}  // namespace heaptape
