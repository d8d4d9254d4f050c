#include "render/sites_layout.h"

#include <algorithm>
#include <cmath>

#include "render/legend.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr double kShareBarHeight = 5;
constexpr double kRowGap = 13;
constexpr double kHeadGap = 12;

double head_height(const TextRuler& ruler) {
  return line_height(TextRole::heading, ruler) + 2 + line_height(TextRole::note, ruler) + kHeadGap;
}

double row_height(const TextRuler& ruler) { return line_height(TextRole::site, ruler) + 4 + kShareBarHeight + kRowGap; }

// One row: the figures at the right of the first line, the label before them, the bar beneath both.
void add_row(SitesLayout& layout, const std::string& label, std::uint64_t bytes, std::uint64_t whole, Rect row,
             const TextRuler& ruler, std::optional<Ink> ink = {}) {
  const TextBox share = text_at(ruler, share_of(bytes, whole), TextRole::note, {row.right(), row.y}, 50, Align::right);
  const double share_column = std::max(48.0, share.box.width);
  const TextBox figure = text_at(ruler, human_bytes(bytes), TextRole::figure, {row.right() - share_column, row.y},
                                 row.width / 2, Align::right);
  const double key = ink ? kSwatchSize + 6 : 0;
  TextBox name = text_at(ruler, label, TextRole::site, {row.x + key, row.y}, figure.box.x - row.x - key - 10);
  if (ink)
    layout.keys.push_back({{row.x, row.y + (name.box.height - kSwatchSize) / 2, kSwatchSize, kSwatchSize}, *ink});
  name.ellipsis = Ellipsis::middle;
  const double fraction = whole == 0 ? 0 : std::min(1.0, static_cast<double>(bytes) / static_cast<double>(whole));
  const Rect track{row.x, name.box.bottom() + 4, row.width, kShareBarHeight};
  layout.bars.push_back({track, {track.x, track.y, track.width * fraction, track.height}, ink});
  layout.texts.insert(layout.texts.end(), {name, figure, share});
}

}  // namespace

Ink ink_of_band(std::size_t band) {
  return band < kSeriesInks ? Ink{Ink::Family::series, static_cast<std::uint8_t>(band)} : Ink{Ink::Family::folded, 0};
}

SitesLayout lay_out_bands(std::span<const TimelineReport::Band> bands, const std::string& by, const Peak& peak,
                          Rect frame, const TextRuler& ruler) {
  SitesLayout layout;
  const double rows_room = (frame.height - head_height(ruler)) / row_height(ruler);
  if (bands.empty() || rows_room < 2 || frame.width < 120) return layout;
  layout.texts.push_back(
      text_at(ruler, "Live bytes by " + by + ", at the peak", TextRole::heading, {frame.x, frame.y}, frame.width));
  layout.texts.push_back(text_at(ruler, exact_bytes(peak.bytes) + "; in order of bytes over time", TextRole::note,
                                 {frame.x, layout.texts.back().box.bottom() + 2}, frame.width));
  Rect row{frame.x, frame.y + head_height(ruler), frame.width, row_height(ruler)};
  const std::size_t shown = std::min(bands.size(), static_cast<std::size_t>(rows_room) - 1);
  std::uint64_t told = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    add_row(layout, bands[i].label, bands[i].at_peak, peak.bytes, row, ruler, ink_of_band(i));
    told += bands[i].at_peak;
    row.y += row.height;
  }
  add_row(layout, "all other " + by + "s", peak.bytes - std::min(told, peak.bytes), peak.bytes, row, ruler,
          Ink{Ink::Family::folded, 0});
  return layout;
}

double sites_height(std::size_t sites, const TextRuler& ruler) {
  return head_height(ruler) + static_cast<double>(sites + 1) * row_height(ruler);
}

SitesLayout lay_out_sites(std::span<const SiteShare> sites, const Peak& peak, Rect frame, const TextRuler& ruler) {
  SitesLayout layout;
  const double rows_room = (frame.height - head_height(ruler)) / row_height(ruler);
  if (sites.empty() || rows_room < 2 || frame.width < 120) return layout;
  layout.texts.push_back(
      text_at(ruler, "Live at the peak, by site", TextRole::heading, {frame.x, frame.y}, frame.width));
  layout.texts.push_back(text_at(ruler, exact_bytes(peak.bytes) + " in " + counted(peak.blocks, "block"),
                                 TextRole::note, {frame.x, layout.texts.back().box.bottom() + 2}, frame.width));
  Rect row{frame.x, frame.y + head_height(ruler), frame.width, row_height(ruler)};
  // The last row is kept for the rest.
  const std::size_t shown = std::min(sites.size(), static_cast<std::size_t>(rows_room) - 1);
  std::uint64_t told = 0;
  for (const SiteShare& site : sites.first(shown)) {
    add_row(layout, site.label, site.bytes, peak.bytes, row, ruler);
    told += site.bytes;
    row.y += row.height;
  }
  if (told < peak.bytes) add_row(layout, "all other sites", peak.bytes - told, peak.bytes, row, ruler);
  return layout;
}

}  // namespace heaptape
