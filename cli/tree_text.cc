#include "cli/tree_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace {

struct Item {
  std::uint32_t node = 0;
  int indent = 0;
  std::size_t folded = 0;  // above 0: a line for so many siblings that are not shown
  std::uint64_t folded_total = 0;
};

constexpr int kFigures = 26;    // share and amount, before the indented name
constexpr int kMaxIndent = 60;  // deeper branches stay there: no name is pushed off the screen

std::string line(const TreeReport& report, const Item& item, const Terminal& terminal) {
  const TreeReport::Node& node = report.nodes[item.node];
  const std::uint64_t value = item.folded > 0 ? item.folded_total : node.total;
  std::string text = fmt::format("  {:>7}  {:>12}  ", share_of(value, report.total), amount(report.cost, value));
  text.append(static_cast<std::size_t>(item.indent), ' ');
  if (item.folded > 0) return text + terminal.paint(Style::dim, fmt::format("… {} folded", item.folded)) + "\n";
  const std::string detail = safe(node.detail);
  const int room =
      terminal.columns == 0 ? 0 : std::max(12, terminal.columns - kFigures - item.indent - width_of(detail) - 2);
  text += terminal.paint(node.in_program ? Style::accent : Style::plain, fit(safe(node.label), room));
  if (!detail.empty()) text += "  " + terminal.paint(Style::dim, detail);
  return text + "\n";
}

}  // namespace

std::string tree_text(const TreeReport& report, double threshold_percent, const Terminal& terminal) {
  const double least = static_cast<double>(report.total) * threshold_percent / 100;
  std::string text;
  std::vector<Item> open{{}};  // a stack of our own: a tape's tree may be deeper than ours allows
  while (!open.empty()) {
    const Item item = open.back();
    open.pop_back();
    if (item.node != 0 || item.folded > 0) text += line(report, item, terminal);
    if (item.folded > 0) continue;
    const auto& children = report.nodes[item.node].children;
    const auto shown_end = std::find_if(children.begin(), children.end(), [&](std::uint32_t child) {
      return static_cast<double>(report.nodes[child].total) < least;
    });
    const auto folded = static_cast<std::size_t>(children.end() - shown_end);
    const auto shown = static_cast<std::size_t>(shown_end - children.begin());
    const bool chain = shown + (folded > 0 ? 1 : 0) <= 1;
    const int indent = std::min(kMaxIndent, item.indent + (chain || item.node == 0 ? 0 : 2));
    if (folded > 0) {
      std::uint64_t total = 0;
      for (auto child = shown_end; child != children.end(); ++child) total += report.nodes[*child].total;
      open.push_back({item.node, indent, folded, total});
    }
    for (auto child = shown_end; child != children.begin();) open.push_back({*--child, indent});
  }
  return text;
}

}  // namespace heaptape::cli
