// How long blocks live and who ends them, against a naive reading of random stories.
#include "analyzer/lifetimes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "analyzer/analyze.h"
#include "analyzer/diff.h"
#include "tests/analyzer/naive_selection.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/format/story.h"

namespace heaptape {
namespace {

TEST(Quantiles, AreWithinA32ndOfTheSortedValues) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 40; ++round) {
    Quantiles quantiles;
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 1 + round * 20; ++i) {
      values.push_back(random() >> (random() % 64));
      quantiles.add(values.back(), 1);
    }
    std::sort(values.begin(), values.end());
    for (const unsigned percent : {1u, 50u, 90u, 99u, 100u}) {
      const std::uint64_t exact = values[(values.size() * percent + 99) / 100 - 1];
      const std::uint64_t estimate = quantiles.percentile(percent);
      EXPECT_LE(std::max(exact, estimate) - std::min(exact, estimate), exact / 32) << exact;
    }
    EXPECT_EQ(quantiles.largest(), values.back());
  }
  EXPECT_EQ(Quantiles{}.percentile(50), 0u);
}

struct NaiveFigures {
  std::uint64_t count = 0, live = 0, temporary = 0, outlived = 0, freed_elsewhere = 0;
  double byte_seconds = 0;
  std::vector<std::uint64_t> lifetimes, distances;
};

NaiveFigures figure_naively(const Story& story, std::uint64_t begin, std::uint64_t end, std::uint64_t end_ns,
                            const std::function<bool(const NaiveLife&)>& chooses) {
  std::vector<std::uint64_t> last(story.threads.size());
  std::vector<std::uint64_t> births(1);  // before each event
  for (std::size_t i = 0; i < story.events.size(); ++i) {
    last[static_cast<std::size_t>(story.events[i].thread)] = i + 1;
    births.push_back(births.back() + (story.events[i].kind == EventKind::birth));
  }
  NaiveFigures figures;
  for (const NaiveLife& life : live_naively(story.events, end)) {
    if (life.number <= begin || !chooses(life)) continue;
    ++figures.count;
    const std::uint64_t until = life.end_ns.value_or(end_ns);
    figures.byte_seconds +=
        static_cast<double>(life.birth.size) * static_cast<double>(until - life.birth.time_ns) / 1e9;
    const std::uint64_t last_event = last[static_cast<std::size_t>(life.birth.thread)];
    if (life.is_live) {
      ++figures.live;
      figures.outlived += life.birth.thread != ThreadId{} && last_event <= end;
    } else if (!life.was_overwritten) {
      figures.temporary += life.is_temporary;
      figures.lifetimes.push_back(*life.end_ns - life.birth.time_ns);
      figures.distances.push_back(births[life.end_number - 1] - births[life.number]);
      figures.freed_elsewhere += life.ended_by != life.birth.thread;
      figures.outlived += last_event < life.end_number;
    }
  }
  std::sort(figures.lifetimes.begin(), figures.lifetimes.end());
  std::sort(figures.distances.begin(), figures.distances.end());
  return figures;
}

std::uint64_t rank_of(const std::vector<std::uint64_t>& sorted, unsigned percent) {
  return sorted.empty() ? 0 : sorted[(sorted.size() * percent + 99) / 100 - 1];
}

void expect_near(std::uint64_t estimate, std::uint64_t exact) {
  EXPECT_LE(std::max(exact, estimate) - std::min(exact, estimate), exact / 32) << exact;
}

void expect_figures(const LifetimesReport::Figures& figures, const NaiveFigures& expected) {
  EXPECT_EQ(figures.count, expected.count);
  EXPECT_EQ(figures.live, expected.live);
  EXPECT_EQ(figures.temporary, expected.temporary);
  EXPECT_EQ(figures.outlived, expected.outlived);
  EXPECT_EQ(figures.freed_elsewhere, expected.freed_elsewhere);
  EXPECT_NEAR(figures.byte_seconds, expected.byte_seconds, 1e-9 * (1 + expected.byte_seconds));
  expect_near(figures.lifetime_ns.p50, rank_of(expected.lifetimes, 50));
  expect_near(figures.lifetime_ns.p90, rank_of(expected.lifetimes, 90));
  expect_near(figures.lifetime_ns.p99, rank_of(expected.lifetimes, 99));
  EXPECT_EQ(figures.lifetime_ns.longest, rank_of(expected.lifetimes, 100));
  expect_near(figures.distance.p50, rank_of(expected.distances, 50));
  EXPECT_EQ(figures.distance.longest, rank_of(expected.distances, 100));
  std::uint64_t freed = figures.freed_by_others;
  for (const auto& one : figures.freed_by) freed += one.blocks;
  EXPECT_EQ(freed, expected.freed_elsewhere);
}

class RandomLifetimes : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomLifetimes, AreWhatANaiveReadingFinds) {
  const TapeFolder folder;
  const Story story = make_exact_story(GetParam(), 700);
  write_tape(folder.path("x"), story, {.events_per_block = 64});
  const TapeReader tape(folder.path("x"));
  Symbols symbols(tape.modules());
  for (const bool ranged : {false, true}) {
    Choice choice{.layer = Layer::all};
    if (ranged) {
      choice.from = Instant{.time_ns = story.events[200].time_ns};
      choice.to = Instant{.time_ns = story.events[500].time_ns};
    }
    const Selection selection(tape, choice, symbols);
    const std::uint64_t begin = selection.begin(), end = selection.end();
    const LifetimesReport report = lifetimes(tape, selection, LifetimesReport::By::thread, symbols);
    expect_figures(report.total,
                   figure_naively(story, begin, end, selection.end_ns(), [](const auto&) { return true; }));
    for (const LifetimesReport::Group& group : report.groups)
      expect_figures(group.figures, figure_naively(story, begin, end, selection.end_ns(), [&](const NaiveLife& life) {
                       return story.threads[static_cast<std::size_t>(life.birth.thread)].tid == group.thread.tid;
                     }));
    const LifetimesReport by_site = lifetimes(tape, selection, LifetimesReport::By::site, symbols);
    std::uint64_t count = 0, temporary = 0;
    for (const LifetimesReport::Group& group : by_site.groups) count += group.figures.count;
    for (const LifetimesReport::Loop& loop : by_site.loops) temporary += loop.temporary;
    EXPECT_EQ(count, by_site.total.count);
    EXPECT_EQ(temporary, by_site.total.temporary);
    if (!ranged) {
      EXPECT_EQ(by_site.total.count, tape.totals().all.allocations);
      EXPECT_EQ(by_site.total.temporary, tape.totals().all.temporary);
      EXPECT_EQ(by_site.total.live, tape.totals().all.live_blocks);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Stories, RandomLifetimes, ::testing::Range<std::uint64_t>(700, 740));

TEST(Lifetimes, OfAnInstantAreTheWholeLivesOfWhatIsLiveThen) {
  TapeMaker maker;
  const StackId stack = maker.in_program(0x2000);
  maker.birth(0x100, 10, stack);
  maker.release(0x100);
  maker.at(1'000'000);
  maker.birth(0x200, 10, stack);
  maker.at(2'000'000);
  maker.mark("then");
  maker.birth(0x300, 10, stack);
  maker.at(9'000'000);
  maker.release(0x200);
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const Selection then(tape, {.at = Instant{.kind = Instant::Kind::mark, .mark = "then"}}, symbols);
  const LifetimesReport report = lifetimes(tape, then, LifetimesReport::By::site, symbols);
  EXPECT_EQ(report.total.count, 1u);
  EXPECT_EQ(report.total.lifetime_ns.longest, 8'000'000u);
  EXPECT_EQ(report.total.distance.longest, 1u);
}

TEST(Lifetimes, LoopsAreSitesWithTheirCallers) {
  TapeMaker maker;
  const StackId main = maker.in_program(0x2000);
  const StackId loop = maker.in_program(0x3000, main), other = maker.in_program(0x3800, main);
  for (int i = 0; i < 3; ++i) {
    maker.birth(0x100, 10, maker.in_program(0x4000, loop));
    maker.release(0x100);
  }
  maker.birth(0x100, 10, maker.in_program(0x4000, other));
  maker.release(0x100);
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const LifetimesReport report = lifetimes(tape, Selection(tape, Layer::program), LifetimesReport::By::site, symbols);
  ASSERT_EQ(report.loops.size(), 2u);
  EXPECT_EQ(report.loops[0].temporary, 3u);
  EXPECT_EQ(report.loops[0].site.function, "0x3000 in made-up");
  EXPECT_EQ(report.loops[0].caller.function, "0x2000 in made-up");
  EXPECT_EQ(report.loops[1].caller.function, "0x2800 in made-up");
}

// A run of sites in a library, whose build is always the same.
class MadeRun {
 public:
  // Blocks of a site, one after the other, each of which lives so long.
  void live(std::uint64_t site, std::uint64_t size, std::uint64_t lifetime_ns, int times = 4) {
    const StackId stack = maker_.frame({.address = 0x100'000 + site, .module = library_, .in_program = true});
    for (int i = 0; i < times; ++i) {
      maker_.at(now_);
      maker_.birth(0x100, size, stack);
      maker_.at(now_ += lifetime_ns);
      maker_.release(0x100);
    }
  }
  TapeReader tape() { return maker_.finish(); }

 private:
  TapeMaker maker_;
  ModuleId library_ = maker_.module(
      {.path = "/nowhere/libx.so", .build_id = "abcd", .bias = 0x100'000, .begin = 0x100'000, .end = 0x900'000});
  std::uint64_t now_ = 0;
};

DiffReport compared(const std::vector<TapeReader>& base, const TapeReader& now) {
  return diff(base, {&now, 1}, {.lifetimes = true});
}
DiffReport compared(TapeReader base, const TapeReader& now) {
  std::vector<TapeReader> side;
  side.push_back(std::move(base));
  return compared(side, now);
}

TEST(LifetimeChanges, AreTwiceOrHalfAsLongAndTheMostMemoryAndTimeComesFirst) {
  MadeRun before, after;
  const auto both = [&](std::uint64_t site, std::uint64_t size, std::uint64_t base_ns, std::uint64_t now_ns) {
    before.live(site, size, base_ns);
    after.live(site, size, now_ns);
  };
  both(0x10, 100, 1'000'000, 4'000'000);
  both(0x20, 100'000, 1'000'000, 2'100'000);
  both(0x30, 1'000'000, 1'000'000, 1'900'000);  // not twice as long
  both(0x40, 1'000'000, 2, 11);                 // nine steps of the clock
  both(0x50, 50, 9'000'000, 1'000'000);
  const DiffReport report = compared(before.tape(), after.tape());
  const auto& sites = report.by_lifetime;
  ASSERT_EQ(sites.size(), 3u);
  EXPECT_EQ(sites[0].label, "0x20 in libx.so");
  EXPECT_EQ(sites[1].label, "0x50 in libx.so");
  EXPECT_EQ(sites[2].label, "0x10 in libx.so");
  EXPECT_EQ(sites[1].lifetimes->byte_ms.base.median, 4u * 50 * 9);
  EXPECT_EQ(sites[1].lifetimes->byte_ms.now.median, 4u * 50 * 1);
  expect_near(sites[1].lifetimes->p90_ns.base.median, 9'000'000);
  EXPECT_TRUE(report.sites.empty()) << "by every cost nothing has changed";
}

TEST(LifetimeChanges, ShowWhereOnlyTheLongestTenthLivesLonger) {
  MadeRun before, after;
  before.live(0x10, 100, 1'000'000, 20);
  after.live(0x10, 100, 1'000'000, 17);
  after.live(0x10, 100, 8'000'000, 3);
  const DiffReport report = compared(before.tape(), after.tape());
  ASSERT_EQ(report.by_lifetime.size(), 1u);
  const LifetimeChanges& lives = *report.by_lifetime[0].lifetimes;
  EXPECT_FALSE(lives.p50_ns.differs());
  expect_near(lives.p90_ns.now.median, 8'000'000);
}

TEST(LifetimeChanges, WithinWhatRunsOfOneSideDifferByAreNone) {
  MadeRun runs[4];
  const auto tape_of = [&](int run, std::uint64_t lifetime_ns) {
    runs[run].live(0x10, 100, lifetime_ns);
    return runs[run].tape();
  };
  std::vector<TapeReader> base;
  base.push_back(tape_of(0, 1'000'000));
  base.push_back(tape_of(1, 3'000'000));
  EXPECT_TRUE(compared(base, tape_of(2, 4'500'000)).by_lifetime.empty());
  EXPECT_EQ(compared(base, tape_of(3, 9'000'000)).by_lifetime.size(), 1u);
}

TEST(LifetimeChanges, OfASiteThatReleasesNothingAreNotTold) {
  MadeRun before;
  before.live(0x10, 100, 1'000'000);
  TapeMaker after;
  const ModuleId library = after.module(
      {.path = "/nowhere/libx.so", .build_id = "abcd", .bias = 0x100'000, .begin = 0x100'000, .end = 0x900'000});
  after.birth(0x100, 100, after.frame({.address = 0x100'010, .module = library, .in_program = true}));
  const DiffReport report = compared(before.tape(), after.finish());
  EXPECT_TRUE(report.by_lifetime.empty());
  EXPECT_EQ(report.sites.at(0).lifetimes->p50_ns.now.runs, 0u);
  EXPECT_EQ(report.sites.at(0).lifetimes->released.base.median, 4u);
}

// Of two random stories, each side's figures are what a naive reading of it finds; aligned ones as well.
TEST(LifetimeChanges, OfAllBlocksAreWhatANaiveReadingFinds) {
  for (std::uint64_t seed = 900; seed < 910; ++seed) {
    const TapeFolder folder;
    const Story stories[] = {make_exact_story(seed, 500), make_exact_story(seed + 50, 500)};
    std::vector<TapeReader> tapes;
    for (const Story& story : stories) {
      write_tape(folder.path(std::to_string(tapes.size())), story, {.events_per_block = 64});
      tapes.emplace_back(folder.path(std::to_string(tapes.size())));
    }
    for (const bool aligned : {false, true}) {
      DiffOptions options{.layer = Layer::all, .any_program = true, .lifetimes = true};
      if (aligned) options.align = Instant{.time_ns = stories[0].events[300].time_ns};
      const DiffReport report = diff({&tapes[0], 1}, {&tapes[1], 1}, options);
      const auto expect_side = [&](std::size_t side, auto spread_of_side) {
        const Story& story = stories[side];
        const std::uint64_t end =
            aligned ? events_before(tapes[side], *options.align, Layer::all) : story.events.size();
        const NaiveFigures naive = figure_naively(story, 0, end, 0, [](const NaiveLife&) { return true; });
        expect_near(spread_of_side(report.lifetimes->p50_ns).median, rank_of(naive.lifetimes, 50));
        expect_near(spread_of_side(report.lifetimes->p90_ns).median, rank_of(naive.lifetimes, 90));
        expect_near(spread_of_side(report.lifetimes->distance).median, rank_of(naive.distances, 50));
        EXPECT_EQ(spread_of_side(report.lifetimes->released).median, naive.count - naive.live);
      };
      expect_side(0, [](const Change& change) { return change.base; });
      expect_side(1, [](const Change& change) { return change.now; });
    }
  }
}

}  // namespace
}  // namespace heaptape
