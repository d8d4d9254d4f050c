// Aligned columns for a terminal or a pipe. Numbers stand right, names left; on a narrow terminal
// the columns that may shrink are cut in their middle.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace heaptape::cli {

struct Column {
  enum class Side { left, right };
  std::string title;  // no titles at all: no title line
  Side side = Side::left;
  Style style = Style::plain;
  bool shrinks = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // One cell a column, plain text of one line each.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // Lines, each indented by two spaces.
  std::string text(const Terminal& terminal) const;

 private:
  std::vector<int> widths(int columns) const;
  std::string line(const std::vector<std::string>& cells, const std::vector<int>& widths, const Terminal& terminal,
                   bool is_title) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace heaptape::cli
