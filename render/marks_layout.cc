#include "render/marks_layout.h"

#include <algorithm>
#include <optional>

namespace heaptape {
namespace {

constexpr double kGap = 4;               // between a line and its label
constexpr double kLongest = 150;         // of a label
constexpr double kLeastDistance = 2;     // closer lines than this make a grey wall: one stands for them
constexpr std::size_t kRemembered = 64;  // placed shapes that a new label can still meet: lanes are short

class LabelPlacer {
 public:
  LabelPlacer(Rect lanes, const TextRuler& ruler) : lanes_(lanes), ruler_(ruler) {}

  // The label's box, or nothing where each lane is taken at `x`.
  std::optional<TextBox> place(const PlacedMark& mark) {
    const int lanes = static_cast<int>(lanes_.height / kMarkLaneHeight);
    for (int lane = 0; lane < lanes; ++lane) {
      const double top = lanes_.y + lane * kMarkLaneHeight;
      for (const Align side : {Align::left, Align::right}) {
        const double at = mark.x + (side == Align::left ? kGap : -kGap);
        TextBox label = text_at(ruler_, mark.name, TextRole::mark, {at, top}, kLongest, side);
        label.align = Align::left;
        const Rect line{mark.x - kGap / 2, top, kGap, lanes_.bottom() - top};
        if (!lanes_.contains(label.box) || !is_free(label.box.inset(-kGap / 2, 0)) || !is_free(line)) continue;
        taken_.push_back(label.box);
        taken_.push_back(line);
        return label;
      }
    }
    return std::nullopt;
  }

 private:
  bool is_free(const Rect& rect) const {
    const std::size_t looked_at = std::min(taken_.size(), kRemembered);
    return std::none_of(taken_.end() - static_cast<std::ptrdiff_t>(looked_at), taken_.end(),
                        [&](const Rect& other) { return other.overlaps(rect); });
  }

  Rect lanes_;
  const TextRuler& ruler_;
  std::vector<Rect> taken_;
};

}  // namespace

MarksLayout lay_out_marks(const std::vector<PlacedMark>& marks, Rect plot, Rect lanes, const TextRuler& ruler) {
  MarksLayout layout;
  LabelPlacer placer(lanes, ruler);
  for (const PlacedMark& mark : marks) {
    if (!layout.lines.empty() && mark.x - layout.lines.back().from.x < kLeastDistance) {
      ++layout.unlabelled;
      continue;
    }
    const std::optional<TextBox> label = placer.place(mark);
    layout.lines.push_back({{mark.x, label ? label->box.y : plot.y}, {mark.x, plot.bottom()}});
    if (label) {
      layout.labels.push_back(*label);
    } else {
      ++layout.unlabelled;
    }
  }
  return layout;
}

}  // namespace heaptape
