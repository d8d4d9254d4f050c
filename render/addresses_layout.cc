#include "render/addresses_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/axes.h"
#include "render/heat_grid.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr double kRegionGap = 5;  // stands for the addresses between two regions

std::vector<std::string> addresses_notes(const AddressesReport& report) {
  std::string note = fmt::format("Each row is {} of addresses, highest on top", human_bytes(report.row_bytes));
  if (report.regions.size() > 1) note += "; a gap stands for addresses that are never used";
  if (report.folded_regions > 0)
    note += fmt::format("; {} of {} in all are not shown", counted(report.folded_regions, "smaller region"),
                        human_bytes(report.folded_bytes));
  std::vector<std::string> notes = unknown_note(report.unknown);
  notes.insert(notes.begin(), note + ".");
  return notes;
}

std::vector<std::pair<Ink, std::string>> heat_keys() {
  std::vector<std::pair<Ink, std::string>> keys;
  for (std::uint8_t i = 0; i < kHeatInks; ++i)
    keys.emplace_back(Ink{Ink::Family::heat, i},
                      i == 0 ? "up to 17 % live" : fmt::format("{} %", (100 * (i + 1) + kHeatInks / 2) / kHeatInks));
  return keys;
}

// From the highest region down; each has its part of the height.
void place_regions(AddressesLayout& layout, const AddressesReport& report) {
  const Rect plot = layout.plot;
  const double gaps = kRegionGap * static_cast<double>(report.regions.size() - 1);
  const double per_row = std::max(0.0, plot.height - gaps) / static_cast<double>(report.rows);
  layout.regions.resize(report.regions.size());
  double y = plot.y;
  for (std::size_t i = report.regions.size(); i-- > 0;) {
    const double height = per_row * static_cast<double>(report.regions[i].rows);
    layout.regions[i] = {plot.x, y, plot.width, height};
    y += height + kRegionGap;
  }
}

void add_cells(AddressesLayout& layout, const AddressesReport& report) {
  // Regions share one budget of cells: the whole is drawn coarser until it fits.
  std::size_t join = 1;
  while (true) {
    layout.cells.clear();
    const std::size_t columns = (report.columns + join - 1) / join;
    for (std::size_t i = 0; i < report.regions.size(); ++i) {
      const AddressesReport::Region& region = report.regions[i];
      const std::size_t rows = (region.rows + join - 1) / join;
      layout.cells.push_back({layout.regions[i], {Ink::Family::track, 0}});
      const auto part = [&](std::size_t row, std::size_t column) {
        double sum = 0;
        std::size_t count = 0;
        for (std::size_t r = row * join; r < std::min(region.rows, (row + 1) * join); ++r) {
          for (std::size_t c = column * join; c < std::min(report.columns, (column + 1) * join); ++c, ++count)
            sum += report.at(region.first_row + region.rows - 1 - r, c);
        }
        return count == 0 ? 0 : sum / static_cast<double>(count);
      };
      const HeatGrid grid = heat_grid(rows, columns, part, layout.regions[i], true);
      layout.cells.insert(layout.cells.end(), grid.cells.begin(), grid.cells.end());
    }
    if (layout.cells.size() <= kMostHeatCells + report.regions.size() || join >= report.columns) return;
    ++join;
  }
}

// The first address of each region stands at its foot, where there is room for it.
void add_addresses(AddressesLayout& layout, const AddressesReport& report, const TextRuler& ruler) {
  const double line = line_height(TextRole::axis, ruler);
  double free_to = layout.page.body.bottom() + 1e6;
  const auto add = [&](std::uint64_t address, double y) {
    y = std::max(y, layout.plot.y);
    if (y + line > free_to) return;
    free_to = y - 2;
    layout.page.texts.push_back(text_at(ruler, fmt::format("{:#x}", address), TextRole::axis, {layout.plot.x - 6, y},
                                        layout.plot.x - layout.page.body.x, Align::right));
  };
  for (std::size_t i = 0; i < report.regions.size(); ++i) {
    const Rect& rect = layout.regions[i];
    add(report.regions[i].begin, rect.bottom() - line);
    if (rect.height > 3 * line) add(report.regions[i].end, rect.y);
  }
}

}  // namespace

std::string spread_of(const AddressesReport& report) {
  return fmt::format("peak {} in {} of addresses", both_bytes(report.peak.bytes), human_bytes(report.spanned_at_peak));
}

AddressesLayout lay_out(const AddressesReport& report, const std::string& title, Size size, const TextRuler& ruler) {
  AddressesLayout layout;
  PageText text = page_text_of(report, title, "live bytes by address", {});
  if (!report.regions.empty()) {
    text.subtitle += "  ·  " + spread_of(report);
    for (std::string& note : addresses_notes(report)) text.notes.push_back(std::move(note));
  }
  layout.page = lay_out_page(text, page_size(size, kAddressesSize), ruler);
  if (report.regions.empty() || report.rows == 0) {
    add_empty_message(layout.page, layout.page.body, report.layer, report.selection, ruler);
    return layout;
  }
  const Rect body = layout.page.body;
  const double keys = line_height(TextRole::note, ruler) + 10;
  const double labels = std::ceil(ruler.width("0x700000000000", font_of(TextRole::axis))) + 10;
  layout.plot = {body.x + labels, body.y + keys, std::max(1.0, body.width - labels - 8),
                 std::max(1.0, body.height - keys - time_axis_height(ruler))};
  add_legend(layout, {body.x, body.y, body.width, keys}, heat_keys(), ruler, {"little", "all of it live"});
  place_regions(layout, report);
  add_cells(layout, report);
  add_addresses(layout, report, ruler);
  const double base = std::round(layout.plot.bottom()) + 0.5;
  layout.axes.push_back({{layout.plot.x, base}, {layout.plot.right(), base}});
  const Scale time{report.end_ns, layout.plot.x, layout.plot.right(), report.begin_ns};
  add_time_axis(layout.page, layout.axes,
                {layout.plot.x, layout.plot.bottom(), layout.plot.width, time_axis_height(ruler)}, time, ruler);
  return layout;
}

}  // namespace heaptape
