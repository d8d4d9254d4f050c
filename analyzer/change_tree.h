// The trees of calls of two runs side by side: what of a path grew and what shrank.
#pragma once

#include <vector>

#include "analyzer/reports.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

struct ChangeTreeReport {
  Layer layer = Layer::program;
  SelectionReport selection;     // whole runs
  std::string program, command;  // of the newer one
  TreeReport base, now;
  // By node: the total of the same path on the other side; 0: it is not there. A path is one of functions and of what
  // they lie in, lines apart.
  std::vector<std::uint64_t> base_other, now_other;
  std::vector<Caveat> caveats;
};

// `symbols` is of `now`; names of `base` are looked for where its are.
ChangeTreeReport change_tree(const TapeReader& base, const TapeReader& now, Layer layer, Cost cost, Symbols& symbols);

// For trees that are there already.
ChangeTreeReport change_of(TreeReport base, TreeReport now);

}  // namespace heaptape
