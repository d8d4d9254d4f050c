// Trees, and lifetimes by when blocks were born, as columns of numbers.
#pragma once

#include <cstdint>
#include <span>
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

// Appends the parts of groups or loops: for each how many there are, then these, a bucket by its distance from the one
// before. At most so many bytes: from there on groups have 0.
void append_parts(std::string& columns, std::span<const std::vector<LifetimePart>> groups, std::size_t bytes);
void append_parts(std::string& columns, std::span<const std::vector<TemporaryPart>> loops, std::size_t bytes);

}  // namespace heaptape
