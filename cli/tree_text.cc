#include "cli/tree_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace {

constexpr int kFigures = 25;    // share and amount, before the indented name
constexpr int kMaxIndent = 60;  // deeper branches stay there: no name is pushed off the screen

struct Item {
  std::uint32_t node = 0;
  int indent = 0;
  bool repeats = false;  // the figures of the line above
};

class TreeText {
 public:
  TreeText(const TreeReport& report, double threshold_percent, const Terminal& terminal)
      : report_(report),
        terminal_(terminal),
        threshold_percent_(threshold_percent),
        least_(static_cast<double>(report.total) * threshold_percent / 100) {}

  std::string text() {
    std::vector<Item> open{{}};  // a stack of our own: a tape's tree may be deeper than ours allows
    while (!open.empty()) {
      const Item item = open.back();
      open.pop_back();
      if (item.node != 0) text_ += line(item);
      add_children(item, open);
    }
    return text_ + folded_line();
  }

 private:
  std::string line(const Item& item) const {
    const TreeReport::Node& node = report_.nodes[item.node];
    std::string text(kFigures, ' ');
    if (!item.repeats)
      text = fmt::format("  {:>7}  {:>12}  ", share_of(node.total, report_.total), amount(report_.cost, node.total));
    text.append(static_cast<std::size_t>(item.indent), ' ');
    const std::string_view arrow = item.indent == 0 ? "" : is_down() ? "→ " : "← ";
    text += terminal_.paint(Style::dim, arrow);
    const std::string detail = safe(node.detail);
    const int taken = kFigures + item.indent + width_of(arrow) + width_of(detail) + 2;
    const int room = terminal_.columns == 0 ? 0 : std::max(12, terminal_.columns - taken);
    text += terminal_.paint(node.in_program ? Style::accent : Style::plain, fit(safe(node.label), room));
    if (!detail.empty()) text += "  " + terminal_.paint(Style::dim, detail);
    return text + "\n";
  }

  // Children come by descending total.
  void add_children(const Item& item, std::vector<Item>& open) {
    const TreeReport::Node& node = report_.nodes[item.node];
    const auto end = std::find_if(node.children.begin(), node.children.end(), [&](std::uint32_t child) {
      return static_cast<double>(report_.nodes[child].total) < least_;
    });
    for (auto child = end; child != node.children.end(); ++child) {
      ++folded_;
      folded_total_ += report_.nodes[*child].total;
    }
    const bool chain = end - node.children.begin() == 1 && item.indent > 0;
    const int indent = item.node == 0 ? 0 : std::min(kMaxIndent, item.indent + (chain ? 0 : 2));
    for (auto child = end; child != node.children.begin();) {
      --child;
      open.push_back({*child, indent, item.node != 0 && report_.nodes[*child].total == node.total});
    }
  }

  std::string folded_line() const {
    if (folded_ == 0) return "";
    return fmt::format("  … and {} below {} %, with {} ({}) in all; see --threshold\n",
                       folded_ == 1 ? "1 branch" : grouped(folded_) + " branches", threshold_percent_,
                       amount(report_.cost, folded_total_), share_of(folded_total_, report_.total));
  }

  bool is_down() const { return report_.direction == TreeReport::Direction::callees; }

  const TreeReport& report_;
  const Terminal& terminal_;
  double threshold_percent_, least_;
  std::string text_;
  std::uint64_t folded_ = 0, folded_total_ = 0;
};

}  // namespace

std::string tree_text(const TreeReport& report, double threshold_percent, const Terminal& terminal) {
  return TreeText(report, threshold_percent, terminal).text();
}

}  // namespace heaptape::cli
