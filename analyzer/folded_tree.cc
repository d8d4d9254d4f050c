#include "analyzer/folded_tree.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace heaptape {
namespace {

// Sums cells of one birth and one end.
void merge_cells(std::vector<LifeCell>& cells) {
  std::sort(cells.begin(), cells.end(),
            [](const LifeCell& a, const LifeCell& b) { return std::tie(a.birth, a.end) < std::tie(b.birth, b.end); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (kept > 0 && cells[kept - 1].birth == cells[i].birth && cells[kept - 1].end == cells[i].end) {
      cells[kept - 1].add(cells[i]);
    } else {
      cells[kept++] = cells[i];
    }
  }
  cells.resize(kept);
}

void append(std::vector<LifeCell>& to, const std::vector<LifeCell>& cells) {
  to.insert(to.end(), cells.begin(), cells.end());
}

// By node: itself, or the nearest above it that stays, if only the first `kept` by share do.
std::vector<std::uint32_t> keepers_of(const std::vector<std::uint32_t>& parents, const std::vector<double>& shares,
                                      std::size_t kept) {
  std::vector<std::uint32_t> order(parents.size());
  std::iota(order.begin(), order.end(), 0);
  // A parent comes before its children, with no smaller share: so it stays where they do.
  std::stable_sort(order.begin() + 1, order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return shares[a] > shares[b]; });
  std::vector<bool> stays(parents.size());
  for (std::size_t i = 0; i < std::min(std::max<std::size_t>(kept, 1), order.size()); ++i) stays[order[i]] = true;
  std::vector<std::uint32_t> keepers(parents.size());
  for (std::uint32_t i = 0; i < parents.size(); ++i) keepers[i] = stays[i] ? i : keepers[parents[i]];
  return keepers;
}

}  // namespace

std::size_t FoldedTree::cells() const {
  std::size_t count = 0;
  for (const Node& node : nodes) count += node.cells.size() + node.residue_cells.size();
  return count;
}

std::uint32_t FoldedTree::folded() const {
  std::uint32_t count = 0;
  for (const Node& node : nodes) count += node.folded;
  return count;
}

FoldedTree folded(const FoldedTree& tree, std::size_t nodes) {
  std::vector<std::uint32_t> parents;
  std::vector<double> shares;
  std::size_t kept = nodes;
  for (const FoldedTree::Node& node : tree.nodes) {
    parents.push_back(node.parent);
    // Less than any other: a folded node is made anew where it is needed.
    shares.push_back(node.kind == FoldedTree::Kind::folded ? -1 : node.share);
  }
  kept = std::min<std::size_t>(
      kept, static_cast<std::size_t>(std::count_if(shares.begin(), shares.end(), [](double one) { return one >= 0; })));
  const std::vector<std::uint32_t> keepers = keepers_of(parents, shares, kept);

  FoldedTree result;
  result.nodes.clear();
  std::vector<std::uint32_t> number(tree.nodes.size()), rest(tree.nodes.size());
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
    const FoldedTree::Node& node = tree.nodes[i];
    if (keepers[i] == i) {
      number[i] = static_cast<std::uint32_t>(result.nodes.size());
      result.nodes.push_back(node);
      result.nodes.back().parent = number[node.parent];
      continue;
    }
    const std::uint32_t keeper = keepers[i];
    if (rest[keeper] == 0) {
      rest[keeper] = static_cast<std::uint32_t>(result.nodes.size());
      result.nodes.push_back({.parent = number[keeper], .kind = FoldedTree::Kind::folded});
    }
    FoldedTree::Node& into = result.nodes[rest[keeper]];
    into.folded += node.kind == FoldedTree::Kind::folded ? node.folded : 1;
    into.self += node.self;
    into.base += node.base;
    append(into.cells, node.cells);
    append(into.residue_cells, node.residue_cells);
  }
  for (FoldedTree::Node& node : result.nodes) {
    if (node.kind != FoldedTree::Kind::folded) continue;
    merge_cells(node.cells);
    merge_cells(node.residue_cells);
  }
  return result;
}

}  // namespace heaptape
