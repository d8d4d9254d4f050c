#include "analyzer/call_tree_costs.h"

#include <algorithm>

#include "analyzer/readable.h"

namespace heaptape {
namespace {

// What shows in one bucket alone shows a quarter as much as what shows in the whole run.
constexpr double kBucketWeight = 0.25;

double share_in(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

}  // namespace

std::uint32_t CallTreeCosts::child(std::uint32_t parent, std::uint32_t number, const CallStep& step, const Site* site) {
  const std::uint64_t key = std::uint64_t{parent} << 32 | number;
  const auto [found, is_new] = children_.try_emplace(key, static_cast<std::uint32_t>(nodes_.size()));
  if (is_new) nodes_.push_back({.parent = parent, .step = step, .site = site});
  Node& node = nodes_[found->second];
  node.several_lines |= node.step.location->line != step.location->line;
  return found->second;
}

std::uint32_t CallTreeCosts::reach(const std::vector<CallStep>& path, const Site* site, std::uint32_t site_number) {
  std::uint32_t node = 0;
  bool is_first = site != nullptr;
  for (const CallStep& step : path) {
    node = is_first ? child(node, site_number, step, site) : child(node, number_(*step.location), step, nullptr);
    is_first = false;
  }
  return node;
}

// A parent's share is never less than its child's, since sums are whole numbers.
std::vector<double> CallTreeCosts::shares() const {
  std::vector<double> shares(nodes_.size());
  std::vector<std::uint64_t> totals(nodes_.size());
  for (const auto costs : {&Node::self, &Node::base}) {
    for (int i = 0; i < kCosts; ++i) {
      const auto cost = static_cast<Cost>(i);
      for (std::size_t j = 0; j < nodes_.size(); ++j) totals[j] = (nodes_[j].*costs).of(cost);
      for (std::size_t j = nodes_.size(); j-- > 1;) totals[nodes_[j].parent] += totals[j];
      for (std::size_t j = 0; j < nodes_.size(); ++j) shares[j] = std::max(shares[j], share_in(totals[j], totals[0]));
    }
  }
  return shares;
}

void CallTreeCosts::raise_by_buckets(std::vector<double>& shares, const std::vector<BirthBucketsPass::Entry>& entries,
                                     const std::vector<std::uint32_t>& node_of_stack) const {
  std::vector<std::uint64_t> bytes(nodes_.size()), blocks(nodes_.size());
  std::vector<std::uint32_t> touched;
  for (std::size_t begin = 0; begin < entries.size();) {
    std::size_t end = begin;
    for (; end < entries.size() && entries[end].bucket == entries[begin].bucket; ++end) {
      std::uint32_t node = node_of_stack[entries[end].stack];
      while (true) {
        if (blocks[node] == 0) touched.push_back(node);
        bytes[node] += whole(entries[end].bytes);
        blocks[node] += std::max<std::uint64_t>(whole(entries[end].blocks), 1);
        if (node == 0) break;
        node = nodes_[node].parent;
      }
    }
    const std::uint64_t all_bytes = bytes[0], all_blocks = blocks[0];
    for (const std::uint32_t node : touched) {
      const double share = std::max(share_in(bytes[node], all_bytes), share_in(blocks[node], all_blocks));
      shares[node] = std::max(shares[node], kBucketWeight * share);
      bytes[node] = blocks[node] = 0;
    }
    touched.clear();
    begin = end;
  }
}

FoldedTree::Node CallTreeCosts::shown(const Node& node) const {
  FoldedTree::Node shown{.kind = node.step.in_program ? FoldedTree::Kind::program : FoldedTree::Kind::system};
  if (node.step.location == nullptr) return shown;
  Location place = node.site != nullptr ? node.site->place : *node.step.location;
  if (node.several_lines && node.site == nullptr) place.line = 0;
  shown.label = node.site != nullptr ? node.site->label : readable(place.function);
  shown.detail = detail_of(place);
  if (place.function != shown.label) shown.function = std::move(place.function);
  return shown;
}

FoldedTree CallTreeCosts::fold(std::size_t kept, const std::vector<BirthBucketsPass::Entry>& entries,
                               const std::vector<std::uint32_t>& node_of_stack,
                               std::vector<std::uint32_t>& number_of) const {
  std::vector<double> all_shares = shares();
  raise_by_buckets(all_shares, entries, node_of_stack);
  std::vector<std::uint32_t> parents;
  for (const Node& node : nodes_) parents.push_back(node.parent);
  const Fold fold = fold_of(parents, all_shares, kept);

  FoldedTree tree;
  tree.nodes.clear();
  number_of.assign(nodes_.size(), 0);
  std::vector<std::uint32_t> rest(nodes_.size());  // the folded child of a node that stays; 0: none
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const std::uint32_t keeper = fold.keeper[i];
    if (keeper == i) {
      number_of[i] = static_cast<std::uint32_t>(tree.nodes.size());
      tree.nodes.push_back(shown(nodes_[i]));
      tree.nodes.back().parent = number_of[nodes_[i].parent];
      tree.nodes.back().share = all_shares[i];
    } else {
      if (rest[keeper] == 0) {
        rest[keeper] = static_cast<std::uint32_t>(tree.nodes.size());
        tree.nodes.push_back({.parent = number_of[keeper], .kind = FoldedTree::Kind::folded});
      }
      number_of[i] = rest[keeper];
      ++tree.nodes[rest[keeper]].folded;
    }
    tree.nodes[number_of[i]].self += nodes_[i].self;
    tree.nodes[number_of[i]].base += nodes_[i].base;
  }
  return tree;
}

}  // namespace heaptape
