#include "render/marks_layout.h"

#include "tests/render/fixtures.h"

namespace heaptape {
namespace {

const Rect kPlot{50, 100, 600, 300};
const Rect kLanes{50, 100 - 3 * kMarkLaneHeight, 600, 3 * kMarkLaneHeight};
MarksLayout lanes_of(const std::vector<PlacedMark>& marks) {
  return lay_out_marks(marks, kPlot, kLanes, render_test::kRuler);
}

// No label leaves the lanes, touches another one or is crossed by a line.
void expect_readable(const MarksLayout& layout) {
  for (std::size_t i = 0; i < layout.labels.size(); ++i) {
    const Rect& box = layout.labels[i].box;
    EXPECT_TRUE(kLanes.contains(box)) << layout.labels[i].text;
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(box.overlaps(layout.labels[j].box)) << layout.labels[i].text;
    for (const Line& line : layout.lines) {
      const Rect stroke{line.from.x - 0.5, line.from.y, 1, line.to.y - line.from.y};
      EXPECT_FALSE(box.overlaps(stroke)) << layout.labels[i].text;
    }
  }
}

}  // namespace

TEST(Marks, NoneGiveNothing) {
  const MarksLayout layout = lanes_of({});
  EXPECT_TRUE(layout.lines.empty());
  EXPECT_TRUE(layout.labels.empty());
  EXPECT_EQ(layout.unlabelled, 0U);
}

TEST(Marks, NeighboursAreStaggered) {
  const MarksLayout layout = lanes_of({{100, "load"}, {110, "sort"}, {120, "save"}});
  ASSERT_EQ(layout.labels.size(), 3U);
  EXPECT_LT(layout.labels[0].box.y, layout.labels[1].box.y);
  EXPECT_LT(layout.labels[1].box.y, layout.labels[2].box.y);
  EXPECT_EQ(layout.unlabelled, 0U);
  expect_readable(layout);
}

TEST(Marks, TheLastOneIsLabelledAtItsLeft) {
  const MarksLayout layout = lanes_of({{kPlot.right() - 2, "finished"}});
  ASSERT_EQ(layout.labels.size(), 1U);
  EXPECT_LT(layout.labels[0].box.right(), kPlot.right() - 2);
  expect_readable(layout);
}

TEST(Marks, ThousandsAreCountedAndStayReadable) {
  std::vector<PlacedMark> marks;
  for (int i = 0; i < 10'000; ++i) marks.push_back({50 + 600 * i / 10'000.0, "frame " + std::to_string(i)});
  const MarksLayout layout = lanes_of(marks);
  EXPECT_EQ(layout.labels.size() + layout.unlabelled, marks.size());
  EXPECT_GT(layout.labels.size(), 5U);
  EXPECT_LE(layout.lines.size(), 301U);
  expect_readable(layout);
}

TEST(Marks, LongNamesAreShortened) {
  const MarksLayout layout = lanes_of({{100, std::string(5000, 'x')}});
  ASSERT_EQ(layout.labels.size(), 1U);
  EXPECT_LE(layout.labels[0].box.width, 150);
}

}  // namespace heaptape
