#include <algorithm>
#include <array>
#include <unordered_map>

#include "analyzer/account.h"
#include "analyzer/analyze.h"
#include "analyzer/call_path.h"
#include "analyzer/caveats.h"
#include "analyzer/measured_reports.h"
#include "analyzer/readable.h"

namespace heaptape {
namespace {

constexpr std::size_t kDeepest = SIZE_MAX;

// Merges paths of functions; calls from different lines of one function share a node.
class TreeBuilder {
 public:
  TreeBuilder() : nodes_(1), origins_(1) {}

  static constexpr std::uint32_t kRoot = 0;

  // The node of a call below another node.
  std::uint32_t child(std::uint32_t parent, const CallStep& step) {
    const std::uint32_t function = functions_.of(*step.location);
    const std::uint64_t key = std::uint64_t{parent} << 32 | function;
    const auto [found, is_new] = children_.try_emplace(key, static_cast<std::uint32_t>(nodes_.size()));
    const std::uint32_t node = found->second;
    if (is_new) {
      nodes_[parent].children.push_back(node);
      nodes_.emplace_back().label = label(function, *step.location);
      nodes_.back().in_program = step.in_program;
      origins_.push_back({step.location, parent, false});
    }
    origins_[node].several |= origins_[node].place->line != step.location->line;
    return node;
  }

  // What a stack costs that ends in the node.
  void weigh(std::uint32_t node, std::uint64_t cost, std::uint64_t blocks) {
    nodes_[node].self += cost;
    nodes_[node].total += cost;
    nodes_[node].blocks += blocks;
  }

  std::vector<TreeReport::Node> take() {
    for (std::size_t i = nodes_.size(); i-- > 1;) {  // callees have larger numbers
      TreeReport::Node& parent = nodes_[origins_[i].parent];
      parent.total += nodes_[i].total;
      parent.blocks += nodes_[i].blocks;
      nodes_[i].detail = detail(origins_[i]);
    }
    for (TreeReport::Node& node : nodes_) {
      if (node.children.size() < 2) continue;
      std::stable_sort(node.children.begin(), node.children.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return nodes_[a].total > nodes_[b].total; });
    }
    return std::move(nodes_);
  }

 private:
  struct Origin {
    const Location* place = nullptr;
    std::uint32_t parent = kRoot;
    bool several = false;  // lines
  };

  // A function has many nodes: what is to be read of it is made once.
  const std::string& label(std::uint32_t function, const Location& location) {
    if (function >= labels_.size()) labels_.resize(function + 1);
    if (labels_[function].empty()) labels_[function] = readable(location.function);
    return labels_[function];
  }
  const std::string& detail(const Origin& origin) {
    const auto [found, is_new] = details_[origin.several ? 1 : 0].try_emplace(origin.place);
    if (is_new) {
      Location place = *origin.place;
      if (origin.several) place.line = 0;
      found->second = detail_of(place);
    }
    return found->second;
  }

  std::vector<TreeReport::Node> nodes_;
  std::vector<Origin> origins_;
  std::unordered_map<std::uint64_t, std::uint32_t> children_;
  FunctionNumbers functions_;
  std::vector<std::string> labels_;                                          // by function
  std::array<std::unordered_map<const Location*, std::string>, 2> details_;  // with the line, and without
};

// The way from main down. What leads to a frame is the same for all stacks through it: its node is looked for once.
class WayDown {
 public:
  WayDown(const TapeReader& tape, Symbols& symbols, TreeBuilder& tree)
      : tape_(&tape), symbols_(&symbols), tree_(&tree) {}

  // Where the stack's path ends, as call_path_of() and drop_runtime() have it.
  std::uint32_t end_of(StackId stack) {
    from_program_ = frame(stack).in_program;
    Step end{stack, 0};
    bool any = false, found = false;
    for (StackId at = stack; is_shown(at) && !found; at = frame(at).parent) {
      const std::vector<Location>& locations = resolved(at);
      for (std::uint32_t i = 0; i < locations.size() && !found; ++i) {
        found = !locations[i].runtime;
        if (!found || !any) end = {at, i};
        any = true;
      }
      if (frame(at).gap && !found) end = {at, static_cast<std::uint32_t>(locations.size())};
    }
    if (!found) end = {stack, 0};  // nothing but the runtime: all of it
    if (!is_shown(end.stack)) return TreeBuilder::kRoot;
    return end.first == 0 ? node_of(end.stack) : below(node_of(frame(end.stack).parent), end);
  }

 private:
  // A frame's locations from the outermost in, up to this one; behind its last one is the gap's.
  struct Step {
    StackId stack = kEmptyStack;
    std::uint32_t first = 0;
  };

  const Frame& frame(StackId stack) const { return tape_->frames()[static_cast<std::size_t>(stack)]; }
  const std::vector<Location>& resolved(StackId stack) {
    return symbols_->resolve(frame(stack).module, frame(stack).address);
  }
  // See for_each_frame().
  bool is_shown(StackId stack) const { return stack != kEmptyStack && (frame(stack).in_program || !from_program_); }

  std::uint32_t below(std::uint32_t node, const Step& end) {
    const std::vector<Location>& locations = resolved(end.stack);
    const auto module = static_cast<std::size_t>(frame(end.stack).module);
    const bool ours = module < tape_->modules().size() && !tape_->modules()[module].is_system;
    if (frame(end.stack).gap) node = tree_->child(node, {&frames_left_out(), false});
    for (auto i = static_cast<std::uint32_t>(locations.size()); i-- > end.first;)
      node = tree_->child(node, {&locations[i], ours});
    return node;
  }

  std::uint32_t node_of(StackId stack) {
    LargeVector<std::uint32_t>& known = nodes_[from_program_ ? 1 : 0];
    if (known.empty()) known.resize(tape_->frames().size());
    above_.clear();
    StackId at = stack;
    for (; is_shown(at) && known[static_cast<std::size_t>(at)] == 0; at = frame(at).parent) above_.push_back(at);
    std::uint32_t node = is_shown(at) ? known[static_cast<std::size_t>(at)] : TreeBuilder::kRoot;
    for (auto one = above_.rbegin(); one != above_.rend(); ++one)
      known[static_cast<std::size_t>(*one)] = node = below(node, {*one, 0});
    return node;
  }

  const TapeReader* tape_;
  Symbols* symbols_;
  TreeBuilder* tree_;
  bool from_program_ = false;
  std::array<LargeVector<std::uint32_t>, 2> nodes_;  // by StackId, for either kind of stack; 0: not yet looked for
  std::vector<StackId> above_;
};

// The way up from the site.
std::uint32_t end_of_way_up(const TapeReader& tape, Symbols& symbols, StackId stack, TreeBuilder& tree) {
  std::vector<CallStep> path = call_path_of(tape, symbols, stack, kDeepest);
  drop_runtime(path, TreeReport::Direction::callers);
  std::uint32_t node = TreeBuilder::kRoot;
  for (const CallStep& step : path) node = tree.child(node, step);
  return node;
}

}  // namespace

TreeReport call_tree(const TapeReader& tape, const Selection& selection, Cost cost, TreeReport::Direction direction,
                     Symbols& symbols) {
  const Sites sites(tape, symbols);
  return call_tree_of(tape, selection, measure(tape, selection, sites), cost, direction, symbols);
}

TreeReport call_tree_of(const TapeReader& tape, const Selection& selection, const Measured& measured, Cost cost,
                        TreeReport::Direction direction, Symbols& symbols) {
  if (selection.is_instant()) cost = Cost::live;
  TreeBuilder tree;
  WayDown down(tape, symbols, tree);
  for (std::size_t i = 0; i < measured.stacks.size(); ++i) {
    const std::uint64_t weight = measured.stacks[i].of(cost);
    const std::uint64_t blocks = measured.stacks[i].blocks_of(cost);
    if (weight == 0 && blocks == 0) continue;
    const auto stack = static_cast<StackId>(i);
    const bool is_down = direction == TreeReport::Direction::callees;
    tree.weigh(is_down ? down.end_of(stack) : end_of_way_up(tape, symbols, stack, tree), weight, blocks);
  }

  auto report = begun_report<TreeReport>(tape, selection);
  report.cost = cost;
  report.direction = direction;
  report.peak = peak_of(measured.totals);
  report.nodes = tree.take();
  report.nodes[0].label = report.program;
  report.total = report.nodes[0].total;
  report.margins = measured.margins;
  report.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
