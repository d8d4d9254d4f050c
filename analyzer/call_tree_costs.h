// The whole tree of calls of a tape, or of two, with every cost: what folded trees are cut from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/birth_buckets.h"
#include "analyzer/call_path.h"
#include "analyzer/folded_tree.h"
#include "analyzer/sites.h"

namespace heaptape {

class CallTreeCosts {
 public:
  // Nodes of one parent with one number are one.
  using Number = std::function<std::uint32_t(const Location&)>;
  explicit CallTreeCosts(Number number) : number_(std::move(number)), nodes_(1) {}

  // The node that the path, from the root on, leads to. With a `site` its first step is that site and no function.
  std::uint32_t reach(const std::vector<CallStep>& path, const Site* site = nullptr, std::uint32_t site_number = 0);
  void add(std::uint32_t node, const Costs& costs) { nodes_[node].self += costs; }
  void add_base(std::uint32_t node, const Costs& costs) { nodes_[node].base += costs; }

  // The tree of the `kept` nodes with the largest shares. `entries`, `node_of_stack`: what was allocated in parts of the
  // run counts too. `number_of` becomes, by node of this one, its node in the folded tree.
  FoldedTree fold(std::size_t kept, const std::vector<BirthBucketsPass::Entry>& entries,
                  const std::vector<std::uint32_t>& node_of_stack, std::vector<std::uint32_t>& number_of) const;

 private:
  struct Node {
    std::uint32_t parent = 0;
    CallStep step;
    const Site* site = nullptr;
    bool several_lines = false;
    Costs self, base;
  };
  std::uint32_t child(std::uint32_t parent, std::uint32_t number, const CallStep& step, const Site* site);
  std::vector<double> shares() const;
  void raise_by_buckets(std::vector<double>& shares, const std::vector<BirthBucketsPass::Entry>& entries,
                        const std::vector<std::uint32_t>& node_of_stack) const;
  FoldedTree::Node shown(const Node& node) const;

  Number number_;
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, std::uint32_t> children_;
};

}  // namespace heaptape
