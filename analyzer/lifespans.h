// When blocks live: sites and tracked variables from their first birth to their last release, and for all blocks how
// many of those born at a time reached which age. One reading.
#pragma once

#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "analyzer/variables.h"

namespace heaptape {

struct LifespansReport {
  struct Site {
    std::string label;
    std::uint64_t first_ns = 0, last_ns = 0;  // first birth; last release, or the end
    std::uint64_t live_blocks = 0;            // at the end
    std::uint64_t highest = 0;                // live bytes
    std::vector<std::uint64_t> levels;        // live bytes in equal steps of the range
  };
  // A scope of a tracked variable, with what it owned over time.
  struct Variable {
    std::string name, file;
    VariablesReport::Scope scope;
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program, command;
  std::uint64_t begin_ns = 0, end_ns = 0;
  std::vector<Site> sites;          // most bytes over time first
  std::size_t all_sites = 0;        // that hold something at any time
  std::vector<Variable> variables;  // scopes that meet the range, by their begin: outer ones before those in them
  std::uint64_t all_variables = 0;  // scopes, those included of which VariablesReport has only sums
  // Blocks born in the range. A row for each class of age, the last one for those that live on at the end.
  std::size_t columns = 0;
  std::vector<std::uint64_t> ages;    // where each class but the last begins, in nanoseconds: 0, then 1, 2, 5, 10 …
  std::vector<std::uint64_t> blocks;  // (ages + 1) × columns, row by row
  std::uint64_t born = 0, live = 0;
  std::uint64_t unknown = 0;  // see unknown_births()
  std::vector<Caveat> caveats;
  std::uint64_t at(std::size_t row, std::size_t column) const { return blocks[row * columns + column]; }
};

LifespansReport lifespans(const TapeReader& tape, const Selection& selection, std::size_t sites, std::size_t columns,
                          Symbols& symbols);

}  // namespace heaptape
