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

// An exponent and 24 binary digits.
void append_rounded(std::string& columns, double value) {
  const int exponent = value < 1 ? 0 : std::max(0, std::ilogb(value) - 23);
  append_number(columns, static_cast<std::uint64_t>(exponent));
  append_number(columns, static_cast<std::uint64_t>(std::llround(std::ldexp(value, -exponent))));
}

void append_part(std::string& columns, const LifetimePart& part) {
  for (const std::uint64_t number : {part.blocks, part.live, part.temporary, part.outlived, part.freed_elsewhere})
    append_number(columns, number);
  append_rounded(columns, part.byte_time);
  append_number(columns, part.ages.size());
  std::uint32_t before = 0;
  for (const auto& [age, blocks] : part.ages) {
    append_number(columns, age - before);
    append_number(columns, blocks);
    before = age;
  }
}
void append_part(std::string& columns, const TemporaryPart& part) { append_number(columns, part.blocks); }

template <class Part>
void append_all(std::string& columns, std::span<const std::vector<Part>> groups, std::size_t bytes) {
  const std::size_t begin = columns.size();
  for (const std::vector<Part>& parts : groups) {
    std::string of_group;
    std::uint32_t before = 0;
    append_number(of_group, parts.size());
    for (const Part& part : parts) {
      append_number(of_group, part.bucket - before);
      before = part.bucket;
      append_part(of_group, part);
    }
    if (columns.size() - begin + of_group.size() <= bytes)
      columns += of_group;
    else
      append_number(columns, 0);
  }
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

void append_parts(std::string& columns, std::span<const std::vector<LifetimePart>> groups, std::size_t bytes) {
  append_all(columns, groups, bytes);
}
void append_parts(std::string& columns, std::span<const std::vector<TemporaryPart>> loops, std::size_t bytes) {
  append_all(columns, loops, bytes);
}

}  // namespace heaptape
