#include "render/icicle_bars.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace heaptape {
namespace {

constexpr double kBarGap = 1;

// FNV-1a: the shade must be the same on every machine and in every version.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash ^ (hash >> 32);
}

struct Place {
  std::uint32_t node = 0;
  std::size_t row = 0;
  double left = 0, right = 0;
};

class BarPlacer {
 public:
  BarPlacer(const TreeReport& report, Rect frame, double least_width, std::size_t rows)
      : report_(report), frame_(frame), least_width_(least_width), rows_(rows), below_(frames_below(report)) {}

  IcicleBars place() {
    if (report_.nodes.empty() || report_.nodes[0].total == 0 || rows_ == 0) return std::move(result_);
    // A list of work, no recursion: a runaway recursion of the recorded program is a deep tree.
    std::vector<Place> work{{0, 0, frame_.x, frame_.right()}};
    while (!work.empty()) {
      const Place place = work.back();
      work.pop_back();
      add_bar(place);
      add_children(place, work);
    }
    return std::move(result_);
  }

 private:
  void add_bar(const Place& place) {
    const TreeReport::Node& node = report_.nodes[place.node];
    const bool program = node.in_program || place.node == 0;
    const auto shade = static_cast<std::uint8_t>(hash_of(node.label) % (program ? kProgramShades : kSystemShades));
    push(place.left, place.right, place.row, place.node, program ? IcicleBar::Kind::program : IcicleBar::Kind::system,
         shade);
  }

  void push(double left, double right, std::size_t row, std::uint32_t node, IcicleBar::Kind kind, std::uint8_t shade) {
    const double width = right - left;
    const double gap = width >= 3 ? 0.75 : width >= 1 ? 0.25 : 0;
    const Rect rect{snapped(left), frame_.y + static_cast<double>(row) * kBarHeight,
                    std::max(0.25, snapped(right) - snapped(left) - gap), kBarHeight - kBarGap};
    result_.bars.push_back({rect, node, kind, shade});
    result_.rows = std::max(result_.rows, row + 1);
  }

  void add_children(const Place& place, std::vector<Place>& work) {
    const std::vector<std::uint32_t>& children = report_.nodes[place.node].children;
    double left = place.left;
    for (std::size_t i = 0; i < children.size(); ++i) {
      const std::uint64_t total = report_.nodes[children[i]].total;
      const double width = width_of(total);
      if (place.row + 1 >= rows_) {
        count(result_.deep, children[i]);
      } else if (width < least_width_) {
        fold(place, left,
             std::vector<std::uint32_t>(children.begin() + static_cast<std::ptrdiff_t>(i), children.end()));
        return;
      } else {
        const double right = std::min(left + width, place.right);
        work.push_back({children[i], place.row + 1, left, right});
        left = right;
      }
    }
  }

  // Children come by descending total: once one is too narrow, so are all after it.
  void fold(const Place& parent, double left, const std::vector<std::uint32_t>& nodes) {
    double width = 0;
    for (const std::uint32_t node : nodes) {
      width += width_of(report_.nodes[node].total);
      count(result_.narrow, node);
    }
    const double right = std::min(left + width, parent.right);
    if (right - left >= 0.5) push(left, right, parent.row + 1, nodes.front(), IcicleBar::Kind::folded, 0);
  }

  void count(Folded& folded, std::uint32_t node) const {
    folded.frames += below_[node];
    folded.cost += report_.nodes[node].total;
  }

  double width_of(std::uint64_t total) const {
    return frame_.width * (static_cast<double>(total) / static_cast<double>(report_.nodes[0].total));
  }

  const TreeReport& report_;
  Rect frame_;
  double least_width_;
  std::size_t rows_;
  std::vector<std::uint32_t> below_;
  IcicleBars result_;
};

}  // namespace

std::vector<std::uint32_t> frames_below(const TreeReport& report) {
  std::vector<std::uint32_t> order;
  if (!report.nodes.empty()) order.push_back(0);
  for (std::size_t i = 0; i < order.size(); ++i)
    order.insert(order.end(), report.nodes[order[i]].children.begin(), report.nodes[order[i]].children.end());
  std::vector<std::uint32_t> below(report.nodes.size(), 1);
  for (auto at = order.rbegin(); at != order.rend(); ++at)
    for (const std::uint32_t child : report.nodes[*at].children) below[*at] += below[child];
  return below;
}

IcicleBars lay_out_bars(const TreeReport& report, Rect frame, double least_width, std::size_t rows) {
  return BarPlacer(report, frame, least_width, rows).place();
}

}  // namespace heaptape
