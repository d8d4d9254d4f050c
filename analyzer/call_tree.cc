#include <algorithm>
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
  TreeBuilder() : nodes_(1), lines_(1) {}

  template <class Path>
  void add(const Path& path, std::uint64_t cost, std::uint64_t blocks) {
    std::uint32_t node = 0;
    weigh(node, cost, blocks);
    for (const CallStep& step : path) {
      node = child(node, step);
      weigh(node, cost, blocks);
    }
    nodes_[node].self += cost;
  }

  std::vector<TreeReport::Node> take() {
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      Location place = *lines_[i].place;
      if (lines_[i].several) place.line = 0;
      nodes_[i].detail = detail_of(place);
    }
    for (TreeReport::Node& node : nodes_) {
      std::stable_sort(node.children.begin(), node.children.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return nodes_[a].total > nodes_[b].total; });
    }
    return std::move(nodes_);
  }

 private:
  struct Line {
    const Location* place = nullptr;
    bool several = false;
  };

  void weigh(std::uint32_t node, std::uint64_t cost, std::uint64_t blocks) {
    nodes_[node].total += cost;
    nodes_[node].blocks += blocks;
  }

  std::uint32_t child(std::uint32_t parent, const CallStep& step) {
    const std::uint64_t key = std::uint64_t{parent} << 32 | functions_.of(*step.location);
    const auto [found, is_new] = children_.try_emplace(key, static_cast<std::uint32_t>(nodes_.size()));
    const std::uint32_t node = found->second;
    if (is_new) {
      nodes_[parent].children.push_back(node);
      nodes_.emplace_back().label = readable(step.location->function);
      nodes_.back().in_program = step.in_program;
      lines_.push_back({step.location, false});
    }
    lines_[node].several |= lines_[node].place->line != step.location->line;
    return node;
  }

  std::vector<TreeReport::Node> nodes_;
  std::vector<Line> lines_;
  std::unordered_map<std::uint64_t, std::uint32_t> children_;
  FunctionNumbers functions_;
};

}  // namespace

TreeReport call_tree(const TapeReader& tape, const Selection& selection, Cost cost, TreeReport::Direction direction,
                     Symbols& symbols) {
  const Sites sites(tape, symbols);
  return call_tree_of(tape, selection, measure(tape, selection, sites), cost, direction, symbols);
}

TreeReport call_tree_of(const TapeReader& tape, const Selection& selection, const Measured& measured, Cost cost,
                        TreeReport::Direction direction, Symbols& symbols) {
  if (selection.is_instant()) cost = Cost::live;
  TreeBuilder builder;
  for (std::size_t i = 0; i < measured.stacks.size(); ++i) {
    const std::uint64_t weight = measured.stacks[i].of(cost);
    const std::uint64_t blocks = measured.stacks[i].blocks_of(cost);
    if (weight == 0 && blocks == 0) continue;
    std::vector<CallStep> path = call_path_of(tape, symbols, static_cast<StackId>(i), kDeepest);
    drop_runtime(path, direction);
    if (direction == TreeReport::Direction::callees) std::reverse(path.begin(), path.end());
    builder.add(path, weight, blocks);
  }

  auto report = begun_report<TreeReport>(tape, selection);
  report.cost = cost;
  report.direction = direction;
  report.peak = peak_of(measured.totals);
  report.nodes = builder.take();
  report.nodes[0].label = report.program;
  report.total = report.nodes[0].total;
  report.margins = measured.margins;
  report.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
