// A tree of calls with every cost at once, small enough to be looked at: nodes that no cost and no part of the run
// shows are folded into one child of the node that they lie below. So sums stay exact.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/reports.h"

namespace heaptape {

// Blocks of one node that were born in one bucket of time and ended in another. Less than 0 where failed reallocs took
// back what had ended in an earlier bucket: sums up to any border are right.
struct LifeCell {
  std::uint32_t birth = 0, end = 0;  // `end` is the number of buckets for those that live on
  std::int64_t bytes = 0, blocks = 0, temporary = 0;

  // Wraps around where a made-up tape claims more than a number holds.
  void add(const LifeCell& other) {
    const auto sum = [](std::int64_t a, std::int64_t b) {
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
    };
    bytes = sum(bytes, other.bytes);
    blocks = sum(blocks, other.blocks);
    temporary = sum(temporary, other.temporary);
  }
};

struct FoldedTree {
  enum class Kind : std::uint8_t { program, system, folded };
  struct Node {
    std::uint32_t parent = 0;  // of the root: itself. Parents come before their children
    Kind kind = Kind::program;
    std::string label, detail;  // as in TreeReport
    std::string function;       // the whole name, where the label is shorter; else empty
    Costs self, base;           // without what is below it; `base`: of the run that it is compared with
    // The largest share that the node and what lies below has of any cost of the run, or of what was allocated in a
    // bucket of time; one more for sites that lists are to have. Never more than its parent's. Nodes that are folded
    // have none of their own.
    double share = 0;
    std::uint32_t folded = 0;                    // how many nodes it stands for, where it is a folded one
    std::vector<LifeCell> cells, residue_cells;  // in order of birth and end; those of the runtime's residue apart
  };
  std::vector<Node> nodes = std::vector<Node>(1);

  std::size_t cells() const;
  std::uint32_t folded() const;  // nodes in all
};

// At most `nodes` (at least 1) of it, those with the largest shares, beside the folded ones.
FoldedTree folded(const FoldedTree& tree, std::size_t nodes);

}  // namespace heaptape
