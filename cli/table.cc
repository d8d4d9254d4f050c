#include "cli/table.h"

#include <algorithm>

namespace heaptape::cli {
namespace {

constexpr int kGap = 2;
constexpr int kNarrowestCell = 12;

}  // namespace

std::vector<int> Table::widths(int columns) const {
  std::vector<int> widths;
  int all = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int width = width_of(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, width_of(row[i]));
    widths.push_back(width);
    all += kGap + width;
  }
  // The widest column that may shrink gives way, column by column.
  while (columns > 0 && all > columns) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].shrinks && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns_.size() || widths[widest] <= kNarrowestCell) break;
    --widths[widest];
    --all;
  }
  return widths;
}

std::string Table::line(const std::vector<std::string>& cells, const std::vector<int>& widths, const Terminal& terminal,
                        bool is_title) const {
  std::string line;
  std::string pending;  // spaces, written only before something: no line ends in any
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = columns_[i].shrinks ? fit(cells[i], widths[i]) : cells[i];
    const std::string padding(static_cast<std::size_t>(std::max(0, widths[i] - width_of(cell))), ' ');
    pending.append(kGap, ' ');
    const bool right = columns_[i].side == Column::Side::right;
    if (right) pending += padding;
    if (!cell.empty()) {
      line += pending + terminal.paint(is_title ? Style::dim : columns_[i].style, cell);
      pending.clear();
    }
    if (!right) pending += padding;
  }
  return line + "\n";
}

std::string Table::text(const Terminal& terminal) const {
  const std::vector<int> cell_widths = widths(terminal.columns);
  std::string text;
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  const bool titled =
      std::any_of(titles.begin(), titles.end(), [](const std::string& title) { return !title.empty(); });
  if (titled) text += line(titles, cell_widths, terminal, true);
  for (const auto& row : rows_) text += line(row, cell_widths, terminal, false);
  return text;
}

}  // namespace heaptape::cli
