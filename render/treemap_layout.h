// Where bytes (or blocks) are: areas, module → file → function.
#pragma once

#include "render/chart.h"

namespace heaptape {

struct TreemapLayout : Chart {
  Rect frame;
  std::size_t functions = 0;                  // that have a cell
  std::uint64_t folded = 0, folded_cost = 0;  // functions that have none, and what they hold
};

inline constexpr Size kTreemapSize{1200, 760};

TreemapLayout lay_out(const TopReport& report, const std::string& title, Size size, const TextRuler& ruler);

}  // namespace heaptape
