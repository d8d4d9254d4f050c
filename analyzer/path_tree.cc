#include "analyzer/path_tree.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <queue>
#include <utility>

#include "analyzer/readable.h"

namespace heaptape {
namespace {

using Direction = TreeReport::Direction;
using Births = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // bytes and blocks, by bucket

// What shows in one bucket alone shows a quarter as much as what shows in the whole run.
constexpr double kBucketWeight = 0.25;
constexpr std::size_t kListedSites = 1000;

double share_in(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

class TreeCutter {
 public:
  TreeCutter(const StackPaths& paths, const std::vector<std::uint32_t>& numbers, Direction direction,
             const Sites* sites)
      : paths_(paths),
        numbers_(numbers),
        is_down_(direction == Direction::callees),
        sites_(is_down_ ? nullptr : sites) {
    order_.resize(paths.stacks.size());
    std::iota(order_.begin(), order_.end(), 0);
  }

  FoldedTree cut(std::size_t kept, std::vector<std::uint32_t>& node_of) {
    node_of.assign(order_.size(), 0);
    node_of_ = &node_of;
    tree_.nodes.clear();
    Branch root{.begin = 0, .end = order_.size()};
    births_ = births_of(root);
    all_ = costs_of(root);
    root.share = 3;  // more than any
    queue_.push(root);
    for (std::size_t i = 0; i < std::max<std::size_t>(kept, 1) && !queue_.empty(); ++i) {
      const Branch branch = queue_.top();
      queue_.pop();
      grow(branch);
    }
    fold_the_rest();
    return std::move(tree_);
  }

 private:
  // Stacks order_[begin, end) have their first `depth` steps in common.
  struct Branch {
    std::size_t begin = 0, end = 0;
    std::uint32_t parent = 0, depth = 0, made = 0;
    double share = 0;
    // The largest share first; of equal ones the one that was found first.
    friend bool operator<(const Branch& a, const Branch& b) {
      return a.share != b.share ? a.share < b.share : a.made > b.made;
    }
  };

  std::size_t length(const StackPaths::Stack& stack) const {
    return is_down_ ? stack.end - stack.innermost : stack.end - stack.site;
  }
  std::uint32_t step_of(const StackPaths::Stack& stack, std::uint32_t depth) const {
    return paths_.steps[is_down_ ? stack.end - 1 - depth : stack.site + depth];
  }
  const StackPaths::Stack& stack_at(std::size_t place) const { return paths_.stacks[order_[place]]; }
  // What the stack's step at `depth` is told apart by; 0: it ends before.
  std::uint64_t key_of(std::uint32_t index, std::uint32_t depth) const {
    const StackPaths::Stack& stack = paths_.stacks[index];
    if (depth >= length(stack)) return 0;
    if (depth == 0 && sites_ != nullptr) return std::uint64_t{1} + stack.site_number;
    return std::uint64_t{1} + numbers_[step_of(stack, depth)];
  }

  std::pair<Costs, Costs> costs_of(const Branch& branch) const {
    std::pair<Costs, Costs> sum;
    for (std::size_t i = branch.begin; i < branch.end; ++i) {
      sum.first += stack_at(i).self;
      sum.second += stack_at(i).base;
    }
    return sum;
  }
  Births births_of(const Branch& branch) const {
    Births sum;
    for (std::size_t i = branch.begin; i < branch.end; ++i) {
      for (const BirthBucketsPass::Entry& entry : stack_at(i).births) {
        if (sum.size() <= entry.bucket) sum.resize(entry.bucket + 1);
        sum[entry.bucket].first += whole(entry.bytes);
        sum[entry.bucket].second += whole(entry.blocks);
      }
    }
    return sum;
  }
  // Never more than the share of what it is a part of, since sums are whole numbers.
  double share_of(const Branch& branch) const {
    const auto [self, base] = costs_of(branch);
    double share = 0;
    for (int i = 0; i < kCosts; ++i) {
      const auto cost = static_cast<Cost>(i);
      share = std::max(share, share_in(self.of(cost), all_.first.of(cost)));
      share = std::max(share, share_in(base.of(cost), all_.second.of(cost)));
    }
    const Births births = births_of(branch);
    for (std::size_t i = 0; i < births.size(); ++i) {
      share = std::max(share, kBucketWeight * share_in(births[i].first, births_[i].first));
      share = std::max(share, kBucketWeight * share_in(births[i].second, births_[i].second));
    }
    return share;
  }

  // Makes its node, and finds the branches below it.
  void grow(const Branch& branch) {
    const auto node = static_cast<std::uint32_t>(tree_.nodes.size());
    tree_.nodes.push_back(shown(branch));
    tree_.nodes[node].parent = branch.parent;
    tree_.nodes[node].share = branch.share;
    sort_by_next_step(branch);
    std::vector<Branch> below;
    for (std::size_t begin = branch.begin; begin < branch.end;) {
      const std::uint64_t key = key_of(order_[begin], branch.depth);
      std::size_t end = begin + 1;
      while (end < branch.end && key_of(order_[end], branch.depth) == key) ++end;
      if (key == 0) {
        give_to(node, begin, end);
      } else {
        below.push_back({begin, end, node, branch.depth + 1, ++made_});
        const bool is_all = branch.depth > 0 && begin == branch.begin && end == branch.end;
        below.back().share = is_all ? branch.share : share_of(below.back());
      }
      begin = end;
    }
    if (branch.depth == 0 && sites_ != nullptr) put_sites_first(below);
    for (const Branch& one : below) queue_.push(one);
  }
  // Lists want sites that hardly show in a picture.
  void put_sites_first(std::vector<Branch>& sites) const {
    std::sort(sites.begin(), sites.end(), [](const Branch& a, const Branch& b) { return b < a; });
    for (std::size_t i = 0; i < std::min(kListedSites, sites.size()); ++i) sites[i].share += 1;
  }
  void sort_by_next_step(const Branch& branch) {
    const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(branch.begin);
    const auto end = order_.begin() + static_cast<std::ptrdiff_t>(branch.end);
    if (begin == end) return;  // of no stacks at all
    const std::uint64_t first = key_of(*begin, branch.depth);
    if (std::all_of(begin, end, [&](std::uint32_t index) { return key_of(index, branch.depth) == first; })) return;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> keyed;
    for (auto at = begin; at != end; ++at) keyed.emplace_back(key_of(*at, branch.depth), *at);
    std::sort(keyed.begin(), keyed.end());
    std::transform(keyed.begin(), keyed.end(), begin, [](const auto& one) { return one.second; });
  }
  void give_to(std::uint32_t node, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      (*node_of_)[order_[i]] = node;
      tree_.nodes[node].self += stack_at(i).self;
      tree_.nodes[node].base += stack_at(i).base;
    }
  }
  void fold_the_rest() {
    std::vector<std::uint32_t> rest(tree_.nodes.size());
    for (; !queue_.empty(); queue_.pop()) {
      const Branch& branch = queue_.top();
      std::uint32_t& node = rest[branch.parent];
      if (node == 0) {
        node = static_cast<std::uint32_t>(tree_.nodes.size());
        tree_.nodes.push_back({.parent = branch.parent, .kind = FoldedTree::Kind::folded});
      }
      ++tree_.nodes[node].folded;
      give_to(node, branch.begin, branch.end);
    }
  }

  FoldedTree::Node shown(const Branch& branch) const {
    if (branch.depth == 0) return {};
    const StackPaths::Stack& first = stack_at(branch.begin);
    const CallStep& step = paths_.known[step_of(first, branch.depth - 1)];
    FoldedTree::Node shown{.kind = step.in_program ? FoldedTree::Kind::program : FoldedTree::Kind::system};
    Location place = *step.location;
    if (branch.depth == 1 && sites_ != nullptr) {
      place = (*sites_)[first.site_number].place;
    } else {
      for (std::size_t i = branch.begin; i < branch.end; ++i)
        if (paths_.known[step_of(stack_at(i), branch.depth - 1)].location->line != step.location->line) place.line = 0;
    }
    shown.label = readable(place.function);
    shown.detail = detail_of(place);
    if (place.function != shown.label) shown.function = std::move(place.function);
    return shown;
  }

  const StackPaths& paths_;
  const std::vector<std::uint32_t>& numbers_;
  bool is_down_;
  const Sites* sites_;
  std::vector<std::uint32_t> order_;
  std::priority_queue<Branch> queue_;
  std::uint32_t made_ = 0;
  FoldedTree tree_;
  std::vector<std::uint32_t>* node_of_ = nullptr;
  std::pair<Costs, Costs> all_;
  Births births_;
};

}  // namespace

StackPaths::Stack& StackPaths::add(const std::vector<CallStep>& path) {
  static const Location kNoStack{.function = "(no stack)"};
  Stack& stack = stacks.emplace_back();
  stack.begin = steps.size();
  const auto take = [&](const CallStep& step) {
    const auto [found, is_new] = number_of_.try_emplace(step.location, static_cast<std::uint32_t>(known.size()));
    if (is_new) known.push_back(step);
    steps.push_back(found->second);
  };
  for (const CallStep& step : path) take(step);
  if (path.empty()) take({&kNoStack, false});
  stack.end = steps.size();
  const auto site = std::find_if(path.begin(), path.end(), [](const CallStep& one) { return !one.location->runtime; });
  stack.site = site == path.end() ? stack.begin : stack.begin + static_cast<std::size_t>(site - path.begin());
  stack.innermost = stack.site == stack.begin ? stack.begin : stack.site - 1;
  return stack;
}

FoldedTree cut_tree(const StackPaths& paths, const std::vector<std::uint32_t>& numbers, Direction direction,
                    const Sites* sites, std::size_t kept, std::vector<std::uint32_t>& node_of) {
  return TreeCutter(paths, numbers, direction, sites).cut(kept, node_of);
}

}  // namespace heaptape
