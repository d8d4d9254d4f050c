#include "render/heat_grid.h"

#include <algorithm>

namespace heaptape {
namespace {

using PartOf = std::function<double(std::size_t, std::size_t)>;

double joined(const PartOf& part, std::size_t row, std::size_t row_end, std::size_t column, std::size_t column_end,
              bool mean) {
  double sum = 0, most = 0;
  for (std::size_t r = row; r < row_end; ++r) {
    for (std::size_t c = column; c < column_end; ++c) {
      const double value = part(r, c);
      sum += value;
      most = std::max(most, value);
    }
  }
  return mean ? sum / static_cast<double>((row_end - row) * (column_end - column)) : most;
}

HeatGrid drawn(std::size_t rows, std::size_t columns, std::size_t join_rows, std::size_t join_columns,
               const PartOf& part, Rect frame, bool mean) {
  HeatGrid grid;
  const double height = frame.height / static_cast<double>(rows), width = frame.width / static_cast<double>(columns);
  const auto y_of = [&](std::size_t row) { return snapped(frame.y + static_cast<double>(row) * height); };
  const auto x_of = [&](std::size_t column) { return snapped(frame.x + static_cast<double>(column) * width); };
  for (std::size_t row = 0; row < rows; row += join_rows, ++grid.rows) {
    const std::size_t row_end = std::min(rows, row + join_rows);
    for (std::size_t column = 0; column < columns; column += join_columns) {
      const std::size_t column_end = std::min(columns, column + join_columns);
      const double value = joined(part, row, row_end, column, column_end, mean);
      if (value <= 0) continue;
      grid.cells.push_back(
          {{x_of(column), y_of(row), x_of(column_end) - x_of(column), y_of(row_end) - y_of(row)}, heat_of(value)});
    }
  }
  grid.columns = (columns + join_columns - 1) / join_columns;
  grid.cells = merged_rows(std::move(grid.cells));
  return grid;
}

}  // namespace

HeatGrid heat_grid(std::size_t rows, std::size_t columns, const PartOf& part, Rect frame, bool mean) {
  if (rows == 0 || columns == 0 || frame.width <= 0 || frame.height <= 0) return {};
  // A cell is at least a pixel wide and high.
  std::size_t join_rows = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(rows) / frame.height));
  std::size_t join_columns =
      std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(columns) / frame.width));
  while (true) {
    HeatGrid grid = drawn(rows, columns, join_rows, join_columns, part, frame, mean);
    if (grid.cells.size() <= kMostHeatCells || (join_rows >= rows && join_columns >= columns)) return grid;
    if (grid.columns > grid.rows)
      ++join_columns;
    else
      ++join_rows;
  }
}

}  // namespace heaptape
