// Which parts of the address space hold live bytes, over time: what fragmentation looks like.
//
// Two readings: one finds the regions that are ever used, one fills a grid of them. Memory is bounded: places are
// counted in pieces that grow where there are more than 65,536 of them.
#pragma once

#include <vector>

#include "analyzer/ranged_pass.h"
#include "analyzer/reports.h"

namespace heaptape {

struct AddressesReport {
  // A stretch of addresses without a wide gap.
  struct Region {
    std::uint64_t begin = 0, end = 0;
    std::size_t first_row = 0, rows = 0;  // each row holds `row_bytes`
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program, command;
  std::uint64_t begin_ns = 0, end_ns = 0;
  std::uint64_t row_bytes = 0;
  std::vector<Region> regions;                         // by address; of many the most used
  std::uint64_t folded_regions = 0, folded_bytes = 0;  // that have no rows, and how many addresses they span
  std::size_t columns = 0, rows = 0;
  std::vector<float> used;  // rows × columns, row by row: the part of the row that is live at the column's end, 0 to 1
  Peak peak;
  std::uint64_t spanned_at_peak = 0;  // bytes of rows that hold something then
  std::uint64_t unknown = 0;          // see unknown_births()
  std::vector<Caveat> caveats;
  float at(std::size_t row, std::size_t column) const { return used[row * columns + column]; }
};

// At most so many rows and columns (at least 1).
AddressesReport addresses(const TapeReader& tape, const Selection& selection, std::size_t rows, std::size_t columns);

}  // namespace heaptape
