// A picture of plain shapes and text: what all views are that have no curve of their own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "render/ink.h"
#include "render/page.h"
#include "render/selection_words.h"

namespace heaptape {

struct Cell {
  Rect rect;
  Ink ink;
};

struct Area {
  std::vector<Point> outline;
  Ink ink;
};

struct Chart {
  Page page;
  std::vector<Line> grid;  // behind all else
  std::vector<Area> areas;
  std::vector<Cell> cells;
  std::vector<Line> axes;
  std::vector<Line> links;  // dashed
  std::vector<Cell> legend;
};

// Title, subtitle and notes of a report on one tape. `title` empty: "PROGRAM: `what`". `parts` end the subtitle.
template <class Report>
PageText page_text_of(const Report& report, const std::string& title, const std::string& what,
                      const std::vector<std::string>& parts) {
  std::vector<std::string> all{report.command, std::string("layer ") + name_of(report.layer)};
  const std::vector<std::string> words = words_of(report.selection);
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), parts.begin(), parts.end());
  return {title.empty() ? report.program + ": " + what : title, subtitle_of(all), report.caveats,
          quiet_note(report.selection)};
}

// What an aggregate took, as a note; nothing where it took nothing.
std::vector<std::string> unknown_note(std::uint64_t unknown);

// Keys from the left of the line on, as many as fit. Those of a scale have words for its ends: where not all keys fit,
// their inks stand side by side between these.
void add_legend(Chart& chart, Rect line, const std::vector<std::pair<Ink, std::string>>& keys, const TextRuler& ruler,
                const std::pair<std::string, std::string>& ends = {});

// Cells that lie side by side in one row, in the same ink and of the same height, become one.
std::vector<Cell> merged_rows(std::vector<Cell> cells);

}  // namespace heaptape
