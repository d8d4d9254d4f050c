// Trees, and lifetimes by when blocks were born and ended, as columns of numbers.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/folded_tree.h"
#include "analyzer/lifetime_parts.h"

namespace heaptape {

// Every name of a page once.
class NameTable {
 public:
  // `longest`: in characters; what is behind them is cut.
  explicit NameTable(std::size_t longest) : longest_(longest) { of(""); }
  std::uint32_t of(const std::string& name);
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::size_t longest_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
};

// Appends a tree: how many nodes; then by column, for each node how far back its parent is, its kind, label, detail,
// function, how many are folded in it, and its own costs; then its cells. A tree of two runs has both runs' costs and
// no cells.
void append_tree(std::string& columns, const FoldedTree& tree, NameTable& names, bool is_comparison);

// Appends a group's parts: whether they are known; if so, the power of two that byte-times are multiples of, then the
// cells, each by its distance from the one before. Those of blocks that live on have no ages, and those that ended in
// the bucket of their birth no bytes. Then those that outlived their thread. `buckets`: how many there are.
void append_lifetimes(std::string& columns, const LifetimeParts& parts, std::size_t buckets);
void append_blocks(std::string& columns, const std::vector<BlocksCell>& cells);

}  // namespace heaptape
