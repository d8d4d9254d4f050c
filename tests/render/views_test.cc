// The layouts of the views that are charts of plain shapes.
#include <algorithm>
#include <numeric>
#include <span>

#include "render/addresses_layout.h"
#include "render/canvas.h"
#include "render/change_layout.h"
#include "render/heat_grid.h"
#include "render/lifetimes_layout.h"
#include "render/overview_layout.h"
#include "render/picture.h"
#include "render/sizes_layout.h"
#include "render/squarify.h"
#include "render/threads_layout.h"
#include "render/treemap_layout.h"
#include "tests/render/fixtures.h"

namespace heaptape {
namespace {

using namespace render_test;

constexpr Size kPages[] = {{}, {320, 240}, {400, 0}, {800, 500}, {1280, 0}, {1600, 0}};

// Text in its place and every shape on the page, by rulers with and without fonts.
template <class Report>
void expect_orderly(const Report& report, std::span<const Size> pages = kPages) {
  const std::unique_ptr<TextRuler> fonts = canvas_ruler();
  for (const Size size : pages) {
    SCOPED_TRACE(size.width);
    for (const TextRuler* ruler :
         {static_cast<const TextRuler*>(&kRuler), static_cast<const TextRuler*>(fonts.get())}) {
      const auto layout = lay_out(report, "", size, *ruler);
      expect_orderly_text(layout.page);
      const Rect page{0, 0, layout.page.size.width, layout.page.size.height};
      const auto is_on_page = [&](const Point& point) { return page.contains({point.x, point.y, 0, 0}); };
      if constexpr (requires { layout.cells; }) {
        for (const Cell& cell : layout.cells) EXPECT_TRUE(page.contains(cell.rect));
        for (const Area& area : layout.areas)
          EXPECT_TRUE(std::all_of(area.outline.begin(), area.outline.end(), is_on_page));
        for (const Line& line : layout.links) EXPECT_TRUE(is_on_page(line.from) && is_on_page(line.to));
      }
      if constexpr (requires { layout.live; }) {
        EXPECT_TRUE(std::all_of(layout.live.high.begin(), layout.live.high.end(), is_on_page));
        for (const ShareBar& bar : layout.bars) EXPECT_TRUE(page.contains(bar.track) && bar.track.contains(bar.fill));
      }
      if constexpr (requires { layout.narrow; }) {
        for (const IcicleBar& bar : layout.bars) EXPECT_TRUE(layout.frame.contains(bar.rect));
      }
    }
  }
}

SizesReport sizes_report(std::size_t buckets) {
  SizesReport report;
  report.program = "sample";
  for (std::size_t i = 0; i < buckets; ++i) {
    const std::uint64_t least = std::uint64_t{1} << i;
    report.buckets.push_back({least, 2 * least - 1, 1000 / (i + 1), least * (1000 / (i + 1))});
    report.blocks += report.buckets.back().blocks;
    report.bytes += report.buckets.back().bytes;
  }
  return report;
}

TopReport sites_report(std::size_t count) {
  TopReport report;
  report.program = "sample";
  for (std::size_t i = 0; i < count; ++i) {
    TopReport::Site site{.label = "function" + std::to_string(i)};
    site.place.module = "/usr/lib/lib" + std::to_string(i % 9) + ".so";
    site.place.file = "file" + std::to_string(i % 31) + ".cc";
    site.costs.peak = 10 + 100'000 / (i + 1);
    report.total.peak += site.costs.peak;
    report.sites.push_back(std::move(site));
  }
  return report;
}

ExchangeReport ring_of(std::size_t threads) {
  ExchangeReport report;
  for (std::size_t i = 0; i < threads; ++i) {
    report.threads.push_back({"worker", static_cast<std::uint32_t>(100 + i), {1000, 64'000}, {10, 640}});
    report.flows.push_back({i, (i + 1) % threads, {990, 63'360}});
    report.total.blocks += 1000;
    report.live.blocks += 10;
    report.elsewhere.blocks += 990;
  }
  return report;
}

AddressesReport addresses_report(std::size_t rows, std::size_t columns) {
  AddressesReport report;
  report.end_ns = 1'000'000'000;
  report.row_bytes = 4096;
  report.rows = rows;
  report.columns = columns;
  report.regions = {{0x10000, 0x10000 + rows / 2 * 4096, 0, rows / 2},
                    {0x7f0000000000, 0x7f0000000000 + (rows - rows / 2) * 4096, rows / 2, rows - rows / 2}};
  for (std::size_t i = 0; i < rows * columns; ++i) report.used.push_back(static_cast<float>(i * 7919 % 101) / 100);
  return report;
}

// Owns what grows and shrinks again; every third one owns nothing and shares the first one's blocks.
LifespansReport::Variable variable_of(std::size_t i) {
  LifespansReport::Variable variable{"v" + std::to_string(i), "/src/v.cc", {}};
  VariablesReport::Scope& scope = variable.scope;
  scope.scope = static_cast<std::uint32_t>(i);
  scope.begin_ns = 1'000'000 * i;
  scope.end_ns = 500'000'000 + 1'000'000 * i;
  if (i % 3 == 2) {
    scope.shared = {{"v0", 0, 2, 52}};
    return variable;
  }
  for (std::uint64_t step = 0; step < 10; ++step)
    scope.history.push_back({.time_ns = scope.begin_ns + 40'000'000 * step, .blocks = 1, .bytes = 100 * (10 - step)});
  scope.peak_bytes = 1000;
  return variable;
}

LifespansReport lifespans_report(std::size_t variables) {
  LifespansReport report;
  report.end_ns = 1'000'000'000;
  report.columns = 50;
  report.ages = {0, 10'000, 20'000, 50'000, 100'000};
  for (std::size_t i = 0; i < 6 * report.columns; ++i) report.blocks.push_back(i * 31 % 977);
  report.born = std::accumulate(report.blocks.begin(), report.blocks.end(), std::uint64_t{0});
  for (std::size_t i = 0; i < 12; ++i)
    report.sites.push_back({"make_row" + std::to_string(i), 1000 * i, 900'000'000, 0, 4096,
                            std::vector<std::uint64_t>(report.columns, 100 * i)});
  report.all_sites = 12;
  for (std::size_t i = 0; i < variables; ++i) report.variables.push_back(variable_of(i));
  report.all_variables = variables;
  return report;
}

OverviewReport overview_report() {
  OverviewReport report;
  report.timeline = hill(600, 5'000'000);
  add_sites(report.timeline, 12);
  add_marks(report.timeline, 3);
  add_rss(report.timeline, 30, 9'000'000);
  add_threads(report.timeline, 4);
  report.tree = branches(10);
  report.leaks.groups.resize(40, {.label = "leaky", .detail = "leak.cc:7", .bytes = 100, .blocks = 1});
  report.leaks.bytes = 4000;
  return report;
}

}  // namespace

TEST(Views, EmptyReportsGiveOneSentence) {
  const auto expect_sentence = [](const auto& layout) {
    EXPECT_EQ(texts_of(layout.page, TextRole::message).size(), 1U);
    EXPECT_TRUE(layout.cells.empty());
    expect_orderly_text(layout.page);
  };
  expect_sentence(lay_out(SizesReport{}, "", {}, kRuler));
  expect_sentence(lay_out(TopReport{}, "", {}, kRuler));
  expect_sentence(lay_out(ExchangeReport{}, "", {}, kRuler));
  expect_sentence(lay_out(AddressesReport{}, "", {}, kRuler));
  expect_sentence(lay_out(LifespansReport{}, "", {}, kRuler));
  expect_sentence(lay_out(ChangeTreeReport{}, "", {}, kRuler));
}

TEST(Views, AnOverviewHasItsListsBesideOrBeneathOrSaysThatTheyAreLeftOut) {
  const OverviewLayout beside = lay_out(overview_report(), "", {1400, 1000}, kRuler);
  EXPECT_GT(beside.sites.x, beside.timeline.plot.right());
  const OverviewLayout beneath = lay_out(overview_report(), "", {420, 1500}, kRuler);
  EXPECT_GT(beneath.sites.y, beneath.flame.bottom());
  EXPECT_GT(beneath.leaks.height, 100);
  EXPECT_GT(beneath.ledger.height, 0);
  for (const OverviewLayout* layout : {&beside, &beneath}) {
    EXPECT_TRUE(any_text_has(layout->page, "all other sites")) << "what is not listed is told";
    EXPECT_FALSE(any_text_has(layout->page, "No room for"));
    expect_orderly_text(layout->page);
  }
  EXPECT_TRUE(any_text_has(lay_out(overview_report(), "", {420, 700}, kRuler).page, "No room for top sites, leaks"));
  EXPECT_TRUE(any_text_has(lay_out(overview_report(), "", {1400, 260}, kRuler).page, "Too low for an overview"));
  OverviewReport killed = overview_report();
  killed.leaks.ending = {EndKind::signaled, 11};
  EXPECT_TRUE(any_text_has(lay_out(killed, "", {}, kRuler).page, "killed by signal 11"));
}

TEST(Views, FoldedThreadsHaveTheColoursOfWhoseBlocksTheyFreed) {
  ExchangeReport report;
  for (std::uint32_t i = 0; i < 60; ++i) report.threads.push_back({.name = "worker", .tid = 100 + i});
  report.threads[0].allocated = {6000, 6000};
  for (std::size_t i = 1; i < 60; ++i) report.flows.push_back({0, i, {100, 100}});
  report.total = {6000, 6000};
  const ThreadsLayout layout = lay_out(report, "", {}, kRuler);
  EXPECT_TRUE(any_text_has(layout.page, "other threads"));
  EXPECT_TRUE(any_text_has(layout.page, "6,000 blocks by 1 thread"));
  double last = 0;
  for (const Cell& cell : layout.cells) last = std::max(last, cell.rect.y);
  for (const Cell& cell : layout.cells) {
    if (cell.rect.y != last) continue;
    EXPECT_EQ(cell.ink, (Ink{Ink::Family::series, 0})) << "all of it is the first thread's";
  }
  expect_orderly_text(layout.page);
}

TEST(Views, TextAndShapesLieOnThePageAndTextsApart) {
  expect_orderly(sizes_report(1));
  expect_orderly(sizes_report(60));
  expect_orderly(sites_report(1));
  expect_orderly(sites_report(3000));
  expect_orderly(ring_of(1));
  expect_orderly(ring_of(200));
  expect_orderly(addresses_report(160, 240));
  expect_orderly(lifespans_report(0));
  expect_orderly(lifespans_report(100));
  expect_orderly(change_of(branches(8), branches(10)));
}

// One event, one site, a hundred thousand of them, a peak of 10 GB.
TEST(Views, LayoutsHoldFromOneBlockToAHundredThousandSites) {
  constexpr std::uint64_t kLarge = 10'000'000'000;
  constexpr std::size_t kMany = 100'000;
  constexpr Size kOnePage[] = {{1280, 0}};
  for (const auto& [peak, sites] :
       {std::pair{std::uint64_t{1}, std::size_t{1}}, {kLarge, std::size_t{1}}, {kLarge, kMany}}) {
    SCOPED_TRACE(std::to_string(peak) + " bytes, " + std::to_string(sites) + " sites");
    const std::span<const Size> pages = sites == kMany ? std::span<const Size>(kOnePage) : kPages;
    TimelineReport line = hill(peak == 1 ? 1 : 1200, peak);
    add_sites(line, sites);
    add_threads(line, 12);
    expect_orderly(line, pages);
    const TreeReport tree = fan(std::vector<std::uint64_t>(sites, std::max<std::uint64_t>(peak / sites, 1)));
    expect_orderly(tree, pages);
    if (sites != kMany) expect_orderly(change_of(tree, fan({peak})), pages);
    TopReport map = sites_report(sites);
    for (TopReport::Site& site : map.sites) site.costs.peak = std::max<std::uint64_t>(peak / sites, 1);
    map.total.peak = map.sites[0].costs.peak * sites;
    expect_orderly(map, pages);
    LifespansReport lives = lifespans_report(peak == 1 ? 0 : 3);
    lives.all_sites = sites;
    for (LifespansReport::Site& site : lives.sites) {
      site.highest = peak;
      site.levels.assign(lives.columns, peak);
    }
    expect_orderly(lives, pages);
  }
  SizesReport sizes = sizes_report(1);
  sizes.buckets = {{kLarge / 2, kLarge, 1, kLarge}};
  expect_orderly(sizes);
  AddressesReport addresses = addresses_report(160, 240);
  addresses.row_bytes = kLarge / 160;
  addresses.peak.bytes = addresses.spanned_at_peak = kLarge;
  expect_orderly(addresses);
}

TEST(Views, HeavyReportsAreSmallFiles) {
  const auto expect_small = [](const Picture& picture) { EXPECT_LT(picture.document.size(), 500'000U); };
  expect_small(draw(sizes_report(60), {}));
  expect_small(draw_treemap(sites_report(100'000), {}));
  expect_small(draw(ring_of(1000), {}));
  expect_small(draw(addresses_report(160, 240), {}));
  expect_small(draw(lifespans_report(1000), {}));
  expect_small(draw(change_of(branches(15), branches(16)), {}));
  expect_small(draw(overview_report(), {}));
}

TEST(Views, SameReportAndOptionsGiveTheSameBytesInEachFormat) {
  for (const PictureFormat format : {PictureFormat::svg, PictureFormat::png, PictureFormat::pdf}) {
    const PictureOptions how{.format = format, .dark = true};
    EXPECT_EQ(draw(overview_report(), how).document, draw(overview_report(), how).document);
    EXPECT_EQ(draw_treemap(sites_report(90), how).document, draw_treemap(sites_report(90), how).document);
    EXPECT_EQ(draw(lifespans_report(3), how).document, draw(lifespans_report(3), how).document);
  }
}

TEST(Squarified, AreasAreProportionalApartAndFillTheFrame) {
  const std::vector<double> weights{6, 6, 4, 3, 2, 2, 1};  // the paper's example
  const Rect frame{10, 20, 600, 400};
  const std::vector<Rect> rects = squarified(weights, frame);
  ASSERT_EQ(rects.size(), weights.size());
  for (std::size_t i = 0; i < rects.size(); ++i) {
    EXPECT_TRUE(frame.contains(rects[i]));
    EXPECT_NEAR(rects[i].width * rects[i].height, weights[i] / 24 * 600 * 400, 1e-6);
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(rects[i].inset(1e-6, 1e-6).overlaps(rects[j]));
  }
  EXPECT_NEAR(rects[0].width / rects[0].height, 1.5, 1e-9);  // two of 6 share a column of half the width
}

TEST(Squarified, NothingToShareGivesEmptyRectangles) {
  EXPECT_TRUE(squarified({}, {0, 0, 10, 10}).empty());
  for (const Rect& rect : squarified(std::vector<double>{0, 0}, {0, 0, 10, 10})) EXPECT_EQ(rect.width * rect.height, 0);
}

TEST(Treemap, EveryFunctionHasACellOrIsCounted) {
  const TopReport report = sites_report(100'000);
  const TreemapLayout layout = lay_out(report, "", {}, kRuler);
  EXPECT_EQ(layout.functions + layout.folded, 100'000U);
  EXPECT_EQ(layout.functions, layout.cells.size());
  EXPECT_TRUE(any_text_has(layout.page, "too small to be seen"));
}

TEST(Sizes, TheHighestBarHasItsFigureAndTicksAreEvenlyLabelled) {
  SizesReport report = sizes_report(33);
  for (SizesReport::Bucket& bucket : report.buckets) bucket.blocks = bucket.bytes = 0;
  report.buckets.back().blocks = 12'345'678;  // at the page's edge
  report.buckets.back().bytes = 30'000'000'000;
  for (const double width : {500.0, 1000.0, 1800.0}) {
    SCOPED_TRACE(width);
    const SizesLayout layout = lay_out(report, "", {width, 600}, kRuler);
    EXPECT_TRUE(any_text_has(layout.page, "12,345,678"));
    EXPECT_TRUE(any_text_has(layout.page, "27.9 GiB"));
    std::vector<double> middles;
    for (const TextBox& text : texts_of(layout.page, TextRole::axis))
      if (text.box.y > layout.bytes_plot.bottom()) middles.push_back(text.box.x + text.box.width / 2);
    ASSERT_GT(middles.size(), 3U);
    for (std::size_t i = 3; i < middles.size(); ++i)  // the first one is moved onto the page
      EXPECT_NEAR(middles[i] - middles[i - 1], middles[2] - middles[1], 1.1);
    expect_orderly_text(layout.page);
  }
}

TEST(Sizes, TheHighestBarFillsItsPanel) {
  const SizesLayout layout = lay_out(sizes_report(12), "", {}, kRuler);
  double highest = 0;
  for (const Cell& cell : layout.cells) highest = std::max(highest, cell.rect.height);
  EXPECT_NEAR(highest, layout.blocks_plot.height, 1.5);
}

TEST(Lifetimes, SharedBlocksAreLinkedToTheirOwner) {
  const LifetimesLayout layout = lay_out(lifespans_report(4), "", {}, kRuler);
  ASSERT_EQ(layout.links.size(), 1u);
  const Line& link = layout.links[0];
  const double row = layout.variables.height / 4;
  EXPECT_EQ(link.from.x, link.to.x);
  EXPECT_TRUE(link.from.y > layout.variables.y && link.from.y < layout.variables.y + row);
  EXPECT_TRUE(link.to.y > layout.variables.y + 2 * row && link.to.y < layout.variables.y + 3 * row);
  EXPECT_TRUE(any_text_has(layout.page, "shares 52 B"));
  EXPECT_TRUE(any_text_has(layout.page, "dashed: shares the other one's blocks"));
}

TEST(Lifetimes, AVariablesBarIsAsHighAsWhatItOwns) {
  LifespansReport report = lifespans_report(0);
  report.variables = {variable_of(0)};
  report.all_variables = 1;
  const LifetimesLayout layout = lay_out(report, "", {}, kRuler);
  const std::vector<Point>& outline = layout.areas.front().outline;
  ASSERT_EQ(outline.size(), 22u) << "ten steps";
  const double whole = outline[0].y - outline[1].y;
  for (std::size_t step = 0; step < 10; ++step)
    EXPECT_NEAR(outline[0].y - outline[1 + 2 * step].y, whole * static_cast<double>(10 - step) / 10, 0.25);
}

TEST(Threads, ManyThreadsAreFoldedIntoOneRow) {
  const ThreadsLayout layout = lay_out(ring_of(200), "", {}, kRuler);
  EXPECT_TRUE(any_text_has(layout.page, "other threads"));
  EXPECT_LT(layout.shown, 30U);
}

TEST(HeatGrid, NeverHasMoreCellsThanAllowed) {
  const HeatGrid grid = heat_grid(
      1000, 1000,
      [](std::size_t row, std::size_t column) {
        return static_cast<double>((row * 7919 + column * 104'729) % 101) / 100;
      },
      {0, 0, 800, 600}, true);
  EXPECT_LE(grid.cells.size(), kMostHeatCells);
  EXPECT_FALSE(grid.cells.empty());
  for (const Cell& cell : grid.cells) EXPECT_TRUE((Rect{0, 0, 800, 600}.contains(cell.rect)));
}

TEST(HeatGrid, NothingGivesNoCells) {
  EXPECT_TRUE(heat_grid(
                  10, 10, [](auto, auto) { return 0.0; }, {0, 0, 100, 100}, false)
                  .cells.empty());
  EXPECT_TRUE(heat_grid(
                  0, 0, [](auto, auto) { return 1.0; }, {0, 0, 100, 100}, false)
                  .cells.empty());
}

TEST(DiffFlame, BothFlamesHaveOneScaleAndChangesTheirColours) {
  const ChangeLayout layout = lay_out(change_of(fan({100, 300}), fan({200, 600})), "", {}, kRuler);
  EXPECT_NEAR(layout.base.width * 2, layout.now.width, 1e-6);
  EXPECT_EQ(ink_of_change(100, 200).family, Ink::Family::grown);
  EXPECT_EQ(ink_of_change(200, 100).family, Ink::Family::shrunk);
  EXPECT_EQ(ink_of_change(1000, 1001).family, Ink::Family::same);
  EXPECT_EQ(ink_of_change(100, 0), (Ink{Ink::Family::shrunk, 2}));
}

TEST(DiffFlame, PathsAreMatchedByFunctionWhateverTheLine) {
  TreeReport base = fan({100, 50}), now = fan({70, 100});
  base.nodes[1].label = now.nodes[2].label = "parse";
  base.nodes[1].detail = "parse.cc:10";
  now.nodes[2].detail = "parse.cc:12";
  base.nodes[2].label = "gone";
  const ChangeTreeReport report = change_of(base, now);
  EXPECT_EQ(report.now_other, (std::vector<std::uint64_t>{150, 0, 100}));
  EXPECT_EQ(report.base_other, (std::vector<std::uint64_t>{170, 100, 0}));
}

TEST(Flame, IsTheIcicleUpsideDown) {
  const TreeReport report = branches(6);
  const IcicleLayout icicle = lay_out(report, "", {}, kRuler),
                     flame = lay_out(report, "", {}, kRuler, TreeShape::flame);
  ASSERT_EQ(icicle.bars.size(), flame.bars.size());
  for (std::size_t i = 0; i < flame.bars.size(); ++i) {
    EXPECT_EQ(flame.bars[i].rect.x, icicle.bars[i].rect.x);
    EXPECT_NEAR(flame.bars[i].rect.y - flame.frame.y, icicle.frame.bottom() - icicle.bars[i].rect.bottom(), 1e-6);
  }
  expect_orderly_text(flame.page);
}

TEST(Views, AnAxisThatEndsBeforeItsRunSaysSo) {
  const SelectionReport::QuietEnd quiet{900'000'000, 20'000'000'000, 0};
  AddressesReport addresses = addresses_report(160, 240);
  LifespansReport lives = lifespans_report(3);
  OverviewReport all = overview_report();
  for (SelectionReport* selection : {&addresses.selection, &lives.selection, &all.timeline.selection})
    selection->quiet_end = quiet;
  addresses.unknown = lives.unknown = 5;
  const auto expect_said = [](const Page& page) {
    EXPECT_NE(notes_of(page).find("Not drawn: no events from 900 ms to the end at 20.0 s."), std::string::npos);
    expect_orderly_text(page);
  };
  for (const double width : {400, 1280, 1600}) {
    SCOPED_TRACE(width);
    const Size size{width, 0};
    const AddressesLayout map = lay_out(addresses, "", size, kRuler);
    const LifetimesLayout bars = lay_out(lives, "", size, kRuler);
    for (const Page& page : {map.page, bars.page}) {
      expect_said(page);
      EXPECT_NE(notes_of(page).find("5 blocks that ended before"), std::string::npos);
    }
    expect_said(lay_out(all, "", size, kRuler).page);
    // The axis is of what is drawn.
    double last = 0;
    for (const Area& area : bars.areas)
      for (const Point& point : area.outline) last = std::max(last, point.x);
    EXPECT_GT(last, bars.ages.x + 0.85 * bars.ages.width);
  }
}

TEST(Overview, HasEachPartWhereThereIsRoom) {
  const OverviewLayout layout = lay_out(overview_report(), "", {}, kRuler);
  for (const char* part : {"peak", "Flame", "Live at the peak", "Live at the end", "Ledger"})
    EXPECT_TRUE(any_text_has(layout.page, part)) << part;
  for (const Size size : {Size{}, Size{320, 240}, Size{800, 600}, Size{500, 900}}) {
    SCOPED_TRACE(size.width);
    OverviewLayout any = lay_out(overview_report(), "", size, *canvas_ruler());
    any.page.texts.insert(any.page.texts.end(), any.timeline.page.texts.begin(), any.timeline.page.texts.end());
    expect_orderly_text(any.page);
  }
}

TEST(Timeline, BandsLieUponEachOtherUpToTheCurve) {
  TimelineReport report = hill(200, 1'000'000);
  report.banded_by = "site";
  for (int i = 0; i < 7; ++i) {
    TimelineReport::Band band{.label = "site" + std::to_string(i)};
    for (const TimelineReport::Step& step : report.steps) band.levels.push_back(step.high / 8);
    band.at_peak = 125'000;
    report.bands.push_back(std::move(band));
  }
  const TimelineLayout layout = lay_out(report, "", {}, kRuler);
  ASSERT_EQ(layout.bands.size(), 8U);
  double before = 0;
  for (const Area& band : layout.bands) {
    double top = layout.plot.bottom();
    for (const Point& point : band.outline) {
      top = std::min(top, point.y);
      EXPECT_TRUE(layout.plot.contains({point.x, point.y, 0, 0}));
    }
    EXPECT_GT(top, before);
    before = top;
  }
  EXPECT_TRUE(any_text_has(layout.page, "all other sites"));
  for (const Size size : {Size{}, Size{320, 240}, Size{640, 900}})
    expect_orderly_text(lay_out(report, "", size, kRuler).page);
}

}  // namespace heaptape
