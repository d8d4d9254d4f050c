#include "render/timeline_layout.h"

#include "render/canvas.h"
#include "render/heat_grid.h"
#include "tests/render/fixtures.h"

namespace heaptape {
namespace {

using namespace render_test;

TimelineLayout laid_out(const TimelineReport& report, Size size = {}) { return lay_out(report, "", size, kRuler); }

TimelineReport full_report() {
  TimelineReport report = hill(800, 5'582'894);
  add_marks(report, 5);
  add_sites(report, 12);
  add_rss(report, 40, 11'000'000);
  add_threads(report, 5);
  report.caveats = {{"dropped_events", 12, "12 events were dropped because the buffer was full."}};
  return report;
}

}  // namespace

TEST(Timeline, EmptyTapeGivesEmptyLayoutAndASentence) {
  const TimelineLayout layout = laid_out(TimelineReport{});
  EXPECT_TRUE(layout.live.high.empty());
  EXPECT_FALSE(layout.peak);
  EXPECT_FALSE(layout.callout);
  EXPECT_TRUE(layout.bars.empty());
  ASSERT_EQ(texts_of(layout.page, TextRole::message).size(), 1U);
  EXPECT_TRUE(layout.page.size.width == kTimelineSize.width && layout.page.size.height == kTimelineSize.height);
  expect_orderly_text(layout.page);
}

TEST(Timeline, OneEventAtTimeZeroIsSeen) {
  TimelineReport report;
  report.program = "one";
  report.steps = {{0, 24, 24, 24}};
  report.peak = {24, 1, 0, 1};
  const TimelineLayout layout = laid_out(report);
  ASSERT_TRUE(layout.peak);
  EXPECT_GT(layout.live.high[2].x - layout.live.high[1].x, 1);
  EXPECT_TRUE(any_text_has(layout.page, "24 bytes in 1 block"));
  expect_orderly_text(layout.page);
}

TEST(Timeline, TheDotLiesOnTheCurvesHighestPoint) {
  const TimelineLayout layout = laid_out(full_report());
  double top = layout.plot.bottom();
  for (const Point& point : layout.live.high) top = std::min(top, point.y);
  ASSERT_TRUE(layout.peak);
  EXPECT_NEAR(layout.peak->y, top, 0.25);
  EXPECT_NEAR(layout.peak->x, layout.plot.x + layout.plot.width / 2, 1);
}

TEST(Timeline, TheCalloutHidesNothingOfTheCurve) {
  for (const std::uint64_t bytes : {24ULL, 5'582'894ULL, 10'000'000'000ULL}) {
    const TimelineLayout layout = laid_out(hill(100, bytes));
    ASSERT_TRUE(layout.callout);
    EXPECT_LT(layout.callout->bottom(), layout.peak->y);
    EXPECT_TRUE(layout.plot.contains(*layout.callout));
    EXPECT_TRUE(any_text_has(layout.page, "peak "));
  }
}

TEST(Timeline, AllTextLiesOnThePageAndApart) {
  for (const Size size : {Size{}, Size{320, 240}, Size{640, 900}, Size{400, 400}, Size{900, 300}, Size{4000, 3000}}) {
    SCOPED_TRACE(size.width);
    expect_orderly_text(laid_out(full_report(), size).page);
    expect_orderly_text(lay_out(full_report(), "", size, *canvas_ruler()).page);
  }
}

TEST(Timeline, TenGigabytesHaveAnAxisInGiB) {
  const TimelineLayout layout = laid_out(hill(100, 10'000'000'000));
  EXPECT_TRUE(any_text_has(layout.page, "8 GiB"));
  EXPECT_TRUE(any_text_has(layout.page, "10,000,000,000 bytes"));
  expect_orderly_text(layout.page);
}

TEST(Timeline, TheLargestNumbersStayInside) {
  TimelineReport report = hill(100, ~0ULL);
  report.duration_ns = ~0ULL;
  add_rss(report, 10, ~0ULL);
  const TimelineLayout layout = laid_out(report);
  ASSERT_TRUE(layout.peak);
  EXPECT_TRUE(layout.plot.contains({layout.peak->x, layout.peak->y, 0, 0}));
  expect_orderly_text(layout.page);
}

TEST(Timeline, AHundredThousandSitesGiveADozenRowsAndTheRest) {
  TimelineReport report = hill(100, 5'000'000);
  add_sites(report, 100'000);
  const TimelineLayout layout = laid_out(report);
  EXPECT_GT(layout.bars.size(), 5U);
  EXPECT_LT(layout.bars.size(), 30U);
  EXPECT_TRUE(any_text_has(layout.page, "all other sites"));
  for (const ShareBar& bar : layout.bars) EXPECT_TRUE(bar.track.contains(bar.fill));
  expect_orderly_text(layout.page);
}

TEST(Timeline, OneSiteThatHoldsAllFillsItsBar) {
  TimelineReport report = hill(10, 1000);
  report.peak_sites = {{"main", 1000, 8}};
  const TimelineLayout layout = laid_out(report);
  ASSERT_EQ(layout.bars.size(), 1U);
  EXPECT_EQ(layout.bars[0].fill.width, layout.bars[0].track.width);
  EXPECT_FALSE(any_text_has(layout.page, "all other sites"));
}

TEST(Timeline, ResidentMemoryHasAPanelOfItsOwnOnTheSameTimeAxis) {
  const TimelineLayout layout = laid_out(full_report());
  ASSERT_TRUE(layout.rss_plot);
  EXPECT_EQ(layout.rss_plot->x, layout.plot.x);
  EXPECT_EQ(layout.rss_plot->width, layout.plot.width);
  EXPECT_FALSE(layout.rss_plot->overlaps(layout.plot));
  for (const Point& point : layout.rss) EXPECT_TRUE(layout.rss_plot->contains({point.x, point.y, 0, 0}));
  EXPECT_FALSE(laid_out(hill(10, 1000)).rss_plot);
}

TEST(Timeline, SeveralThreadsHaveALaneEachOnTheSameTimeAxis) {
  const TimelineLayout layout = laid_out(full_report());
  ASSERT_TRUE(layout.lanes_plot);
  EXPECT_EQ(layout.lanes_plot->x, layout.plot.x);
  EXPECT_EQ(layout.lanes_plot->width, layout.plot.width);
  EXPECT_FALSE(layout.lanes_plot->overlaps(*layout.rss_plot));
  const Ink track{Ink::Family::track, 0};
  EXPECT_EQ(
      std::count_if(layout.lanes.begin(), layout.lanes.end(), [&](const Cell& cell) { return cell.ink == track; }), 5);
  for (const Cell& cell : layout.lanes) EXPECT_TRUE(layout.lanes_plot->contains(cell.rect));
  for (const char* name : {"worker 100", "loader 1", "loader 2", "worker 103", "loader 4"})
    EXPECT_TRUE(any_text_has(layout.page, name)) << "two of one name are told apart: " << name;
  TimelineReport alone = full_report();
  alone.threads.clear();
  EXPECT_FALSE(laid_out(alone).lanes_plot);
}

TEST(Timeline, ACellOfALaneIsWhereItsEventsAre) {
  TimelineReport report = hill(100, 1000);
  add_threads(report, 2);
  for (TimelineReport::Lane& lane : report.threads) lane.levels.assign(100, 0);
  report.threads[0].levels[25] = 7;
  report.threads[1].levels[75] = 7'000;
  for (TimelineReport::Lane& lane : report.threads) lane.first_ns = lane.last_ns = report.steps[50].begin_ns;
  const TimelineLayout layout = laid_out(report);
  const double width = layout.plot.width / 100;
  std::vector<Cell> cells;
  for (const Cell& cell : layout.lanes)
    if (cell.ink.family == Ink::Family::heat && cell.rect.height > 2) cells.push_back(cell);
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_NEAR(cells[0].rect.x, layout.plot.x + 25 * width, 0.3);
  EXPECT_NEAR(cells[1].rect.x, layout.plot.x + 75 * width, 0.3);
  EXPECT_NEAR(cells[1].rect.width, width, 0.5);
  EXPECT_LT(cells[0].rect.y, cells[1].rect.y);
  EXPECT_LT(cells[0].ink.shade, cells[1].ink.shade) << "the more, the stronger";
  EXPECT_TRUE(any_text_has(layout.page, "at most 7,000 in "));
}

TEST(Timeline, ThreadsThatHaveNoRoomShareALane) {
  TimelineReport report = full_report();
  report.threads.clear();
  add_threads(report, 12);
  report.other_threads = report.threads.back();
  report.other_threads.threads = 100'000;
  const TimelineLayout layout = laid_out(report, {900, 500});
  ASSERT_TRUE(layout.lanes_plot);
  EXPECT_TRUE(any_text_has(layout.page, "others"));
  EXPECT_FALSE(any_text_has(layout.page, "loader 1 ")) << "the one with least events";
  expect_orderly_text(layout.page);
  EXPECT_FALSE(laid_out(report, {900, 300}).lanes_plot) << "the curve comes first";
}

TEST(Timeline, LanesStayFewCellsHoweverLargeThePictureIs) {
  TimelineReport report = hill(8000, 1'000'000);
  add_threads(report, 12);
  constexpr std::uint64_t kLevels[] = {1, 100, 10'000, 1'000'000};
  for (TimelineReport::Lane& lane : report.threads)  // few neighbours are alike, so that few become one
    for (std::size_t step = 0; step < lane.levels.size(); ++step) lane.levels[step] = kLevels[step / 25 * 7 % 4];
  const TimelineLayout layout = laid_out(report, {16000, 3000});
  EXPECT_GT(layout.lanes.size(), 1000U);
  EXPECT_LE(layout.lanes.size(), kMostHeatCells + 2 * 12);
}

TEST(Timeline, MarksThatAreNotNamedAreCounted) {
  TimelineReport report = hill(100, 1000);
  add_marks(report, 2000);
  const TimelineLayout layout = laid_out(report);
  EXPECT_TRUE(any_text_has(layout.page, "of 2,000 marks named"));
  expect_orderly_text(layout.page);
}

TEST(Timeline, EveryCaveatIsToldOrCounted) {
  TimelineReport report = hill(100, 1000);
  for (int i = 0; i < 7; ++i) report.caveats.push_back({"k", 1, "Caveat number " + std::to_string(i) + "."});
  const TimelineLayout layout = laid_out(report);
  EXPECT_TRUE(any_text_has(layout.page, "Caveat number 0."));
  EXPECT_TRUE(any_text_has(layout.page, "and 3 more"));
  expect_orderly_text(layout.page);
}

TEST(Timeline, AnAxisThatEndsBeforeItsRunSaysWhereBothEnd) {
  TimelineReport report = full_report();
  report.selection.quiet_end = {390'000'000, 9'000'000'000, 3'670'016};
  for (const double width : {400, 1280, 1600}) {
    SCOPED_TRACE(width);
    const TimelineLayout layout = laid_out(report, {width, 700});
    // The curve fills the plot: what is left out takes no room.
    EXPECT_NEAR(layout.live.high.back().x, layout.plot.right(), 0.5);
    EXPECT_TRUE(any_text_has(layout.page, "ran 9.00 s"));
    EXPECT_NE(
        notes_of(layout.page).find("Not drawn: no events from 390 ms to the end at 9.00 s; RSS there up to 3.50 MiB."),
        std::string::npos);
    expect_orderly_text(layout.page);
  }
  EXPECT_FALSE(any_text_has(laid_out(full_report()).page, "Not drawn"));
}

TEST(Timeline, ALongCommandLeavesRoomForWhatThePictureIsOf) {
  TimelineReport report = full_report();
  report.duration_ns = 7'000'000'000;
  report.selection.from = SelectionReport::Place{.word = "mark:load"};
  for (const std::string& word :
       {std::string("--option=value "), std::string("/a/path/without/any/space"), std::string("é")}) {
    report.command = "./sample ";
    for (int i = 0; i < 60; ++i) report.command += word;
    for (const Size size : {Size{}, Size{400, 400}, Size{900, 300}, Size{1600, 1000}}) {
      SCOPED_TRACE(std::to_string(size.width) + ", " + word);
      const TimelineLayout layout = laid_out(report, size);
      std::string subtitle;
      for (const TextBox& line : texts_of(layout.page, TextRole::subtitle)) {
        EXPECT_LE(kRuler.width(line.text, font_of(line.role)), line.box.width) << "nothing ends in an ellipsis";
        subtitle += line.text + "\n";
      }
      EXPECT_EQ(subtitle.rfind("./sa", 0), 0U) << subtitle;
      EXPECT_NE(subtitle.find("layer program"), std::string::npos) << subtitle;
      EXPECT_NE(subtitle.find("from mark:load"), std::string::npos) << subtitle;
    }
    const TimelineLayout smallest = laid_out(report, {320, 240});  // one line, too short for all of it
    EXPECT_LT(texts_of(smallest.page, TextRole::subtitle).at(0).text.find("layer program"), 25U);
  }
}

TEST(Timeline, TheEndsOfAShortRangeAreToldApart) {
  TimelineReport report = full_report();
  report.selection.from = SelectionReport::Place{.time_ns = 3'080'000'000};
  report.selection.to = SelectionReport::Place{.time_ns = 3'080'050'000};
  EXPECT_TRUE(any_text_has(laid_out(report).page, "from 3,080,000,000 ns to 3,080,050,000 ns"));
  report.selection.to->time_ns = 4'000'000'000;
  EXPECT_TRUE(any_text_has(laid_out(report).page, "from 3.08 s to 4.00 s"));
}

TEST(Timeline, TheTitleCanBeChosen) {
  const TimelineLayout layout = lay_out(full_report(), "Nightly", {}, kRuler);
  EXPECT_EQ(texts_of(layout.page, TextRole::title).at(0).text, "Nightly");
}

}  // namespace heaptape
