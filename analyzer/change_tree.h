// The trees of calls of two runs side by side: what of a path grew and what shrank.
#pragma once

#include <vector>

#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

struct ChangeTreeReport {
  Layer layer = Layer::program;
  SelectionReport selection;     // of the newer one
  std::string program, command;  // of the newer one
  TreeReport base, now;
  // By node: the total of the same path on the other side; 0: it is not there. A path is one of functions and of what
  // they lie in, lines apart.
  std::vector<std::uint64_t> base_other, now_other;
  std::vector<Caveat> caveats;
};

// One side of a comparison; what it names must outlive it.
struct ChangeSide {
  const TapeReader& tape;
  const Selection& selection;
  Symbols& symbols;
};
ChangeTreeReport change_tree(const ChangeSide& base, const ChangeSide& now, Cost cost);

// For trees that are there already.
ChangeTreeReport change_of(TreeReport base, TreeReport now);

}  // namespace heaptape
