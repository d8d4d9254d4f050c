#include "render/report/report_columns.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "format/varint.h"
#include "render/printable.h"

namespace heaptape {
namespace {

void append_number(std::string& columns, std::uint64_t number) {
  std::array<std::uint8_t, kMaxVarintBytes> bytes;
  const std::uint8_t* const end = put_varint(bytes.data(), number);
  columns.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(end - bytes.data()));
}

template <class Value>
void append_column(std::string& columns, const FoldedTree& tree, const Value& value) {
  for (const FoldedTree::Node& node : tree.nodes) append_number(columns, value(node));
}

void append_costs(std::string& columns, const FoldedTree& tree, Costs FoldedTree::Node::*costs) {
  for (int i = 0; i < kCosts; ++i)
    append_column(columns, tree, [&](const FoldedTree::Node& node) { return (node.*costs).of(static_cast<Cost>(i)); });
  append_column(columns, tree, [&](const FoldedTree::Node& node) { return (node.*costs).peak_blocks; });
  append_column(columns, tree, [&](const FoldedTree::Node& node) { return (node.*costs).leaked_blocks; });
}

// How many; then each by its distance from the one before.
void append_cells(std::string& columns, const std::vector<LifeCell>& cells) {
  append_number(columns, cells.size());
  std::uint32_t birth = 0;
  for (const LifeCell& cell : cells) {
    append_number(columns, cell.birth - birth);
    append_number(columns, cell.end - cell.birth);
    append_number(columns, zigzag(static_cast<std::uint64_t>(cell.bytes)));
    append_number(columns, zigzag(static_cast<std::uint64_t>(cell.blocks)));
    append_number(columns, zigzag(static_cast<std::uint64_t>(cell.temporary)));
    birth = cell.birth;
  }
}

// Where a group's byte-times have 24 digits of a binary number, its cells have as many as anybody sees.
int exponent_of(const LifetimeParts& parts) {
  double most = 1;
  for (const LifetimeCell& cell : parts.cells) most = std::max({most, cell.lived, cell.since});
  return std::max(0, std::ilogb(most) - 24);
}
std::uint64_t scaled(double value, int exponent) {
  return static_cast<std::uint64_t>(std::llround(std::ldexp(std::max(0.0, value), -exponent)));
}

}  // namespace

std::uint32_t NameTable::of(const std::string& name) {
  const auto [known, is_new] = numbers_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.push_back(printable(name, longest_));
  return known->second;
}

void append_tree(std::string& columns, const FoldedTree& tree, NameTable& names, bool is_comparison) {
  append_number(columns, tree.nodes.size());
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) append_number(columns, i - tree.nodes[i].parent);
  append_column(columns, tree, [](const auto& node) { return static_cast<std::uint64_t>(node.kind); });
  append_column(columns, tree, [&](const auto& node) { return names.of(node.label); });
  append_column(columns, tree, [&](const auto& node) { return names.of(node.detail); });
  append_column(columns, tree, [&](const auto& node) { return names.of(node.function); });
  append_column(columns, tree, [](const auto& node) { return node.folded; });
  append_costs(columns, tree, &FoldedTree::Node::self);
  if (is_comparison) return append_costs(columns, tree, &FoldedTree::Node::base);
  for (const FoldedTree::Node& node : tree.nodes) {
    append_cells(columns, node.cells);
    append_cells(columns, node.residue_cells);
  }
}

void append_blocks(std::string& columns, const std::vector<BlocksCell>& cells) {
  append_number(columns, cells.size());
  std::uint32_t birth = 0;
  for (const BlocksCell& cell : cells) {
    append_number(columns, cell.birth - birth);
    append_number(columns, cell.end - cell.birth);
    append_number(columns, zigzag(static_cast<std::uint64_t>(cell.blocks)));
    birth = cell.birth;
  }
}

void append_lifetimes(std::string& columns, const LifetimeParts& parts, std::size_t buckets) {
  append_number(columns, parts.is_known ? 1 : 0);
  if (!parts.is_known) return;
  const int exponent = exponent_of(parts);
  append_number(columns, static_cast<std::uint64_t>(exponent));
  append_number(columns, parts.cells.size());
  std::uint32_t birth = 0;
  for (const LifetimeCell& cell : parts.cells) {
    append_number(columns, cell.birth - birth);
    append_number(columns, cell.end - cell.birth);
    append_number(columns, cell.blocks);
    birth = cell.birth;
    if (cell.end != cell.birth) {
      append_number(columns, cell.bytes);
      append_number(columns, scaled(cell.since, exponent));
    }
    if (cell.end == buckets) continue;
    append_number(columns, scaled(cell.lived, exponent));
    append_number(columns, cell.temporary);
    append_number(columns, cell.freed_elsewhere);
    append_number(columns, cell.ages.size());
    std::uint32_t age = 0;
    for (const auto& [index, blocks] : cell.ages) {
      append_number(columns, index - age);
      append_number(columns, blocks);
      age = index;
    }
  }
  append_blocks(columns, parts.outlived);
}

}  // namespace heaptape
