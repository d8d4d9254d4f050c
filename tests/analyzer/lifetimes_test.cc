// How long blocks live and who ends them, against a naive reading of random stories.
#include "analyzer/lifetimes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "analyzer/analyze.h"
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

}  // namespace
}  // namespace heaptape
