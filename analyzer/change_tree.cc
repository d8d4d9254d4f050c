#include "analyzer/change_tree.h"

#include <map>
#include <utility>

#include "analyzer/analyze.h"

namespace heaptape {
namespace {

// A file without its line, which any comment shifts.
std::string without_line(const std::string& detail) {
  const std::size_t colon = detail.rfind(':');
  const bool is_line =
      colon != std::string::npos && detail.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  return is_line ? detail.substr(0, colon) : detail;
}

}  // namespace

ChangeTreeReport change_of(TreeReport base, TreeReport now) {
  ChangeTreeReport report;
  report.layer = now.layer;
  report.selection = now.selection;
  report.program = now.program;
  report.command = now.command;
  report.base_other.resize(base.nodes.size());
  report.now_other.resize(now.nodes.size());
  // A list of work, no recursion: trees may be deep.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> work;
  if (!base.nodes.empty() && !now.nodes.empty()) work.emplace_back(0, 0);
  while (!work.empty()) {
    const auto [old_node, new_node] = work.back();
    work.pop_back();
    report.base_other[old_node] = now.nodes[new_node].total;
    report.now_other[new_node] = base.nodes[old_node].total;
    std::map<std::pair<std::string, std::string>, std::uint32_t> children;
    for (const std::uint32_t child : base.nodes[old_node].children)
      children.try_emplace({base.nodes[child].label, without_line(base.nodes[child].detail)}, child);
    for (const std::uint32_t child : now.nodes[new_node].children) {
      const auto found = children.find({now.nodes[child].label, without_line(now.nodes[child].detail)});
      if (found == children.end()) continue;
      work.emplace_back(found->second, child);
      children.erase(found);
    }
  }
  report.base = std::move(base);
  report.now = std::move(now);
  return report;
}

ChangeTreeReport change_tree(const ChangeSide& base, const ChangeSide& now, Cost cost) {
  const auto tree = [&](const ChangeSide& side) {
    return call_tree(side.tape, side.selection, cost, TreeReport::Direction::callees, side.symbols);
  };
  ChangeTreeReport report = change_of(tree(base), tree(now));
  report.caveats = report.now.caveats;
  for (Caveat caveat : report.base.caveats) {
    caveat.sentence = "The older tape: " + caveat.sentence;
    report.caveats.push_back(std::move(caveat));
  }
  return report;
}

}  // namespace heaptape
