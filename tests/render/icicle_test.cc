#include "render/icicle_layout.h"

#include <algorithm>
#include <map>

#include "render/canvas.h"
#include "render/icicle_bars.h"
#include "tests/render/fixtures.h"

namespace heaptape {
namespace {

using namespace render_test;

IcicleLayout laid_out(const TreeReport& report, Size size = {}) { return lay_out(report, "", size, kRuler); }

const IcicleBar& bar_of(const IcicleLayout& layout, std::uint32_t node) {
  return *std::find_if(layout.bars.begin(), layout.bars.end(), [&](const IcicleBar& bar) { return bar.node == node; });
}

void expect_bars_apart_and_inside(const IcicleLayout& layout) {
  std::map<double, std::vector<Rect>> rows;
  for (const IcicleBar& bar : layout.bars) {
    EXPECT_TRUE(layout.frame.contains(bar.rect)) << bar.node;
    rows[bar.rect.y].push_back(bar.rect);
  }
  for (auto& [y, row] : rows) {
    std::sort(row.begin(), row.end(), [](const Rect& a, const Rect& b) { return a.x < b.x; });
    for (std::size_t i = 1; i < row.size(); ++i) EXPECT_LE(row[i - 1].right(), row[i].x + 0.25) << "row at " << y;
  }
}

}  // namespace

TEST(Icicle, EmptyTreeGivesASentence) {
  for (const TreeReport& report : {TreeReport{}, fan({})}) {
    const IcicleLayout layout = laid_out(report);
    EXPECT_TRUE(layout.bars.empty());
    EXPECT_EQ(texts_of(layout.page, TextRole::message).size(), 1U);
    expect_orderly_text(layout.page);
  }
}

TEST(Icicle, WidthsAreProportionalToTotals) {
  const IcicleLayout layout = laid_out(fan({600, 300, 100}));
  ASSERT_EQ(layout.bars.size(), 4U);
  EXPECT_NEAR(bar_of(layout, 0).rect.width, layout.frame.width, 1);
  EXPECT_NEAR(bar_of(layout, 1).rect.width, layout.frame.width * 0.6, 1.25);
  EXPECT_NEAR(bar_of(layout, 3).rect.width, layout.frame.width * 0.1, 1.25);
  EXPECT_GT(bar_of(layout, 1).rect.y, bar_of(layout, 0).rect.y);
  expect_bars_apart_and_inside(layout);
}

TEST(Icicle, TheHeightFollowsFromTheDepth) {
  const double shallow = laid_out(chain(10)).page.size.height;
  const double deep = laid_out(chain(30)).page.size.height;
  EXPECT_NEAR(deep - shallow, 20 * kBarHeight, 2);
  EXPECT_EQ(laid_out(chain(30), {0, 500}).page.size.height, 500);
}

TEST(Icicle, AHundredThousandFramesDeepIsFoldedAndSaid) {
  const IcicleLayout layout = laid_out(chain(100'000));
  EXPECT_LT(layout.page.size.height, 1601);
  EXPECT_EQ(layout.bars.size() + layout.deep.frames, 100'001U);
  EXPECT_EQ(layout.deep.cost, 1000U);
  EXPECT_TRUE(any_text_has(layout.page, "folded: 100 %"));
  expect_bars_apart_and_inside(layout);
  expect_orderly_text(layout.page);
}

TEST(Icicle, AHundredThousandSitesFoldIntoOneSliver) {
  std::vector<std::uint64_t> totals{900'000};
  totals.insert(totals.end(), 100'000, 1);
  const IcicleLayout layout = laid_out(fan(totals));
  ASSERT_EQ(layout.bars.size(), 3U);
  EXPECT_EQ(layout.bars[1].kind == IcicleBar::Kind::folded || layout.bars[2].kind == IcicleBar::Kind::folded, true);
  EXPECT_EQ(layout.narrow.frames, 100'000U);
  EXPECT_EQ(layout.narrow.cost, 100'000U);
  EXPECT_TRUE(any_text_has(layout.page, "100,000 frames narrower than 0.5 px folded: 10 %"));
  expect_bars_apart_and_inside(layout);
}

TEST(Icicle, EveryFrameIsDrawnOrCounted) {
  const TreeReport report = branches(15);
  const IcicleLayout layout = laid_out(report);
  const auto drawn = std::count_if(layout.bars.begin(), layout.bars.end(),
                                   [](const IcicleBar& bar) { return bar.kind != IcicleBar::Kind::folded; });
  EXPECT_EQ(static_cast<std::size_t>(drawn) + layout.narrow.frames + layout.deep.frames, report.nodes.size());
  EXPECT_LE(layout.bars.size(), 2600U);
  expect_bars_apart_and_inside(layout);
}

TEST(Icicle, AllTextLiesOnThePageAndApart) {
  TreeReport report = branches(12);
  report.command = std::string(3000, 'c');
  report.caveats = {{"dropped_events", 1, "One event was dropped because the buffer was full."}};
  for (const Size size : {Size{}, Size{320, 240}, Size{700, 400}, Size{3000, 0}, Size{320, 0}}) {
    SCOPED_TRACE(size.width);
    expect_orderly_text(laid_out(report, size).page);
    const IcicleLayout layout = lay_out(report, "", size, *canvas_ruler());
    expect_orderly_text(layout.page);
    expect_bars_apart_and_inside(layout);
  }
}

TEST(Icicle, ALabelStaysInItsBar) {
  const IcicleLayout layout = laid_out(branches(8));
  const std::vector<TextBox> labels = texts_of(layout.page, TextRole::bar);
  ASSERT_FALSE(labels.empty());
  for (const TextBox& label : labels)
    EXPECT_TRUE(std::any_of(layout.bars.begin(), layout.bars.end(), [&](const IcicleBar& bar) {
      return bar.rect.contains(label.box);
    })) << label.text;
}

TEST(Icicle, AFunctionHasTheSameShadeWhereverItStands) {
  TreeReport report = fan({500, 500});
  report.nodes[1].label = report.nodes[2].label = "sqlite3Malloc";
  const IcicleLayout layout = laid_out(report);
  EXPECT_EQ(bar_of(layout, 1).shade, bar_of(layout, 2).shade);
}

TEST(Icicle, SystemFramesAreOfAnotherKind) {
  TreeReport report = fan({500, 500});
  report.nodes[2].in_program = false;
  const IcicleLayout layout = laid_out(report);
  EXPECT_EQ(bar_of(layout, 1).kind, IcicleBar::Kind::program);
  EXPECT_EQ(bar_of(layout, 2).kind, IcicleBar::Kind::system);
  EXPECT_TRUE(any_text_has(layout.page, "system libraries"));
}

TEST(Icicle, EveryCostNamesItsTotalInItsUnit) {
  for (int i = 0; i < kCosts; ++i) {
    TreeReport report = fan({12'345});
    report.cost = static_cast<Cost>(i);
    const IcicleLayout layout = laid_out(report);
    EXPECT_TRUE(any_text_has(layout.page, std::string("cost ") + name_of(report.cost)));
    EXPECT_TRUE(any_text_has(layout.page, is_bytes(report.cost) ? "12,345 bytes" : "12,345 allocations"));
  }
}

}  // namespace heaptape
