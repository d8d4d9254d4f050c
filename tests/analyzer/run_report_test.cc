// The report's trees and cells against the other reports, and against a naive reading.
#include "analyzer/run_report.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "analyzer/account.h"
#include "analyzer/measure.h"
#include "tests/analyzer/naive_selection.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/format/story.h"

namespace heaptape {
namespace {

Costs sum_of(const FoldedTree& tree) {
  Costs sum;
  for (const FoldedTree::Node& node : tree.nodes) sum += node.self;
  return sum;
}

// By label and detail of the site: with all below it.
std::map<std::string, Costs> costs_by_site(const FoldedTree& callers) {
  std::vector<Costs> totals;
  for (const FoldedTree::Node& node : callers.nodes) totals.push_back(node.self);
  for (std::size_t i = totals.size(); i-- > 1;)
    if (callers.nodes[i].parent != 0) totals[callers.nodes[i].parent] += totals[i];
  std::map<std::string, Costs> by_site;
  for (std::size_t i = 1; i < totals.size(); ++i)
    if (callers.nodes[i].parent == 0) by_site[callers.nodes[i].label + "|" + callers.nodes[i].detail] += totals[i];
  return by_site;
}

void expect_same(const Costs& a, const Costs& b, const std::string& what) {
  for (int i = 0; i < kCosts; ++i) {
    const auto cost = static_cast<Cost>(i);
    EXPECT_EQ(a.of(cost), b.of(cost)) << what << ", " << name_of(cost);
  }
  EXPECT_EQ(a.peak_blocks, b.peak_blocks) << what;
  EXPECT_EQ(a.leaked_blocks, b.leaked_blocks) << what;
}

// What the page sums up for the buckets [from, to).
struct RangeSums {
  std::uint64_t bytes = 0, blocks = 0, temporary = 0, kept_bytes = 0, kept_blocks = 0;
};
void add_range(RangeSums& sums, const std::vector<LifeCell>& cells, std::uint32_t from, std::uint32_t to,
               bool is_residue) {
  for (const LifeCell& cell : cells) {
    if (cell.birth < from || cell.birth >= to) continue;
    sums.bytes += cell.bytes;
    sums.blocks += cell.blocks;
    if (cell.end < to) {
      sums.temporary += cell.temporary;
    } else if (!is_residue) {
      sums.kept_bytes += cell.bytes;
      sums.kept_blocks += cell.blocks;
    }
  }
}
RangeSums range_of(const FoldedTree& tree, std::uint32_t from, std::uint32_t to) {
  RangeSums sums;
  for (const FoldedTree::Node& node : tree.nodes) {
    add_range(sums, node.cells, from, to, false);
    add_range(sums, node.residue_cells, from, to, true);
  }
  return sums;
}

// What the page sums up of a group's parts for the buckets [from, to).
LifetimesReport::Figures figures_of(const LifetimeParts& parts, const std::vector<std::uint64_t>& borders,
                                    std::uint32_t from, std::uint32_t to, std::uint64_t end_ns) {
  LifetimesReport::Figures sum;
  for (const LifetimeCell& cell : parts.cells) {
    if (cell.birth < from || cell.birth >= to) continue;
    sum.count += cell.blocks;
    if (cell.end >= to) {
      sum.live += cell.blocks;
      const auto length = static_cast<double>(end_ns - borders[cell.birth]);
      sum.byte_seconds += (static_cast<double>(cell.bytes) * length - cell.since) / 1e9;
    } else {
      sum.byte_seconds += cell.lived / 1e9;
      sum.temporary += cell.temporary;
      sum.freed_elsewhere += cell.freed_elsewhere;
    }
  }
  for (const BlocksCell& cell : parts.outlived)
    if (cell.birth >= from && cell.birth < to && cell.end < to) sum.outlived += static_cast<std::uint64_t>(cell.blocks);
  return sum;
}

std::map<std::uint32_t, std::uint64_t> ages_of(const LifetimeParts& parts, std::uint32_t from, std::uint32_t to) {
  std::map<std::uint32_t, std::uint64_t> ages;
  for (const LifetimeCell& cell : parts.cells)
    if (cell.birth >= from && cell.birth < to && cell.end < to)
      for (const auto& [age, blocks] : cell.ages) ages[age] += blocks;
  return ages;
}

void expect_near(const LifetimesReport::Figures& told, const LifetimesReport::Figures& expected,
                 const std::string& what) {
  EXPECT_EQ(told.count, expected.count) << what;
  EXPECT_EQ(told.live, expected.live) << what;
  EXPECT_EQ(told.temporary, expected.temporary) << what;
  EXPECT_EQ(told.freed_elsewhere, expected.freed_elsewhere) << what;
  EXPECT_EQ(told.outlived, expected.outlived) << what;
  EXPECT_NEAR(told.byte_seconds, expected.byte_seconds, 1e-6 * (1 + expected.byte_seconds)) << what;
}

class RandomRun : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  RandomRun() : story_(make_exact_story(GetParam(), 400)) {
    write_tape(folder_.path("x.tape"), story_, {.events_per_block = 64});
    tape_.emplace(folder_.path("x.tape"));
    symbols_.emplace(tape_->modules());
  }
  Layer layer() const { return GetParam() % 2 == 0 ? Layer::all : Layer::program; }

  const TapeFolder folder_;
  const Story story_;
  std::optional<TapeReader> tape_;
  std::optional<Symbols> symbols_;
};

TEST_P(RandomRun, ShowsTheFiguresOfTheOtherReports) {
  const RunReport report = run_report(*tape_, layer(), *symbols_);
  const TopReport list = top(*tape_, layer(), Cost::peak, *symbols_);
  expect_same(sum_of(report.callees), list.total, "from main down");
  expect_same(sum_of(report.callers), list.total, "from the sites up");
  std::map<std::string, Costs> expected;
  for (const TopReport::Site& site : list.sites) expected[site.label + "|" + site.detail] += site.costs;
  const std::map<std::string, Costs> shown = costs_by_site(report.callers);
  EXPECT_EQ(shown.size(), expected.size());
  for (const auto& [site, costs] : expected) expect_same(shown.at(site), costs, site);

  const LeaksReport lost = leaks(*tape_, layer(), *symbols_);
  EXPECT_EQ(report.leaked.leaked, lost.bytes);
  EXPECT_EQ(report.kept.leaked, lost.residue_bytes);
  EXPECT_EQ(report.ended, lost.ended);
  EXPECT_EQ(report.exact, lost.exact);
  ASSERT_EQ(report.leaks.size(), lost.groups.size());
  for (std::size_t i = 0; i < lost.groups.size(); ++i) {
    EXPECT_EQ(report.leaks[i].label, lost.groups[i].label);
    EXPECT_EQ(report.leaks[i].bytes, lost.groups[i].bytes);
    EXPECT_EQ(report.leaks[i].levels, lost.groups[i].levels);
  }

  const PeaksReport heights = peaks(*tape_, layer(), 10, *symbols_);
  EXPECT_EQ(report.timeline.peak.bytes, heights.peak.bytes);
  EXPECT_EQ(report.timeline.peak.bytes, summary(*tape_, layer()).totals.peak_bytes);
  ASSERT_EQ(report.others.size(), heights.others.size());
  for (std::size_t i = 0; i < heights.others.size(); ++i) EXPECT_EQ(report.others[i].event, heights.others[i].event);
}

TEST_P(RandomRun, StretchesBetweenBordersAreRangesOfTheTape) {
  const RunReport report = run_report(*tape_, layer(), *symbols_);
  const auto buckets = static_cast<std::uint32_t>(report.borders.size() - 1);
  for (const auto& [from, to] : {std::pair<std::uint32_t, std::uint32_t>{0, buckets},
                                 {0, buckets / 2},
                                 {buckets / 3, buckets / 2},
                                 {buckets / 2, buckets},
                                 {buckets / 4, buckets / 4 + 1}}) {
    if (from >= to) continue;
    Choice choice{.layer = layer(), .from = Instant{.time_ns = report.borders[from]}};
    choice.to = to == buckets ? Instant{.kind = Instant::Kind::end} : Instant{.time_ns = report.borders[to]};
    const Selection selection(*tape_, choice, *symbols_);
    const Costs expected = top(*tape_, selection, Cost::allocated, *symbols_).total;
    for (const FoldedTree* tree : {&report.callees, &report.callers}) {
      const RangeSums sums = range_of(*tree, from, to);
      EXPECT_EQ(sums.bytes, expected.allocated) << from << " to " << to;
      EXPECT_EQ(sums.blocks, expected.count) << from << " to " << to;
      EXPECT_EQ(sums.temporary, expected.temporary) << from << " to " << to;
      EXPECT_EQ(sums.kept_bytes, expected.leaked) << from << " to " << to;
      EXPECT_EQ(sums.kept_blocks, expected.leaked_blocks) << from << " to " << to;
    }
    // Once more, without anything of the analyzer's.
    const NaiveSelection naive =
        select_naively(story_.events, selection.begin(), selection.end(), false, [&](const NaiveLife& life) {
          return layer() == Layer::all || story_.frames[static_cast<std::size_t>(life.birth.stack)].in_program;
        });
    std::uint64_t bytes = 0, blocks = 0;
    for (const auto& [stack, costs] : naive.stacks) {
      bytes += costs.allocated;
      blocks += costs.count;
    }
    EXPECT_EQ(range_of(report.callees, from, to).bytes, static_cast<std::int64_t>(bytes));
    EXPECT_EQ(range_of(report.callees, from, to).blocks, static_cast<std::int64_t>(blocks));
  }
}

TEST_P(RandomRun, LifetimesBetweenBordersAreThoseOfRangesOfTheTape) {
  const RunReport report = run_report(*tape_, layer(), *symbols_);
  const LifetimesInParts& all = report.lifetimes;
  ASSERT_EQ(all.site_parts.size(), all.by_site.groups.size());
  ASSERT_EQ(all.thread_parts.size(), all.by_thread.groups.size());
  ASSERT_EQ(all.loop_parts.size(), all.by_site.loops.size());
  const auto buckets = static_cast<std::uint32_t>(report.borders.size() - 1);
  for (std::uint32_t i = 0; i < 12; ++i) {
    const std::uint32_t from = i * buckets / 13, to = std::min(buckets, from + 1 + (i * i * 7) % 90);
    SCOPED_TRACE(std::to_string(from) + " to " + std::to_string(to));
    Choice choice{.layer = layer(), .from = Instant{.time_ns = report.borders[from]}};
    choice.to = to == buckets ? Instant{.kind = Instant::Kind::end} : Instant{.time_ns = report.borders[to]};
    const Selection selection(*tape_, choice, *symbols_);
    for (const auto by : {LifetimesReport::By::site, LifetimesReport::By::thread}) {
      const bool is_site = by == LifetimesReport::By::site;
      const LifetimesReport part = lifetimes(*tape_, selection, by, *symbols_);
      std::map<std::string, LifetimesReport::Figures> expected;
      for (const LifetimesReport::Group& group : part.groups)
        expected[group.label + "|" + group.detail] = group.figures;
      const auto& groups = is_site ? all.by_site.groups : all.by_thread.groups;
      const auto& parts = is_site ? all.site_parts : all.thread_parts;
      for (std::size_t k = 0; k < groups.size(); ++k) {
        EXPECT_TRUE(parts[k].is_known);
        const std::string name = groups[k].label + "|" + groups[k].detail;
        const LifetimesReport::Figures told = figures_of(parts[k], report.borders, from, to, selection.end_ns());
        if (told.count == 0) {
          EXPECT_EQ(expected.count(name), 0u) << name;
          continue;
        }
        const LifetimesReport::Figures& figures = expected[name];
        expect_near(told, figures, name);
        // Of the classes those that hold the whole report's median lie where the sum of blocks passes a half.
        std::uint64_t below = 0, released = 0;
        const std::uint64_t step = part.clock_step_ns;
        for (const auto& [age, blocks] : ages_of(parts[k], from, to)) {
          released += blocks;
          if (AgeClasses::middle_of(age) * step * 9 / 8 < figures.lifetime_ns.p50 * 7 / 8) below += blocks;
        }
        EXPECT_LE(below * 2, released + 1) << name;
      }
    }
    const LifetimesReport part = lifetimes(*tape_, selection, LifetimesReport::By::site, *symbols_);
    std::multiset<std::uint64_t> expected, told;
    for (const LifetimesReport::Loop& loop : part.loops) expected.insert(loop.temporary);
    for (const std::vector<BlocksCell>& loop : all.loop_parts) {
      std::uint64_t temporary = 0;
      for (const BlocksCell& cell : loop)
        if (cell.birth >= from && cell.birth < to && cell.end < to)
          temporary += static_cast<std::uint64_t>(cell.blocks);
      if (temporary != 0) told.insert(temporary);
    }
    EXPECT_EQ(told, expected);
  }
}

TEST_P(RandomRun, OfManySitesThoseThatAllocateMostHaveParts) {
  const Selection selection(*tape_, layer());
  Sites sites(*tape_, *symbols_);
  const Measured measured = measure(*tape_, selection, sites);
  const TimeBuckets buckets(selection.end_ns(), 10);
  const LifetimesInParts few = lifetimes_in_parts(*tape_, selection, buckets, measured.stacks, 1, sites, *symbols_);
  std::size_t known = 0;
  for (const LifetimeParts& parts : few.site_parts) known += parts.is_known;
  EXPECT_EQ(known, 1u);
  EXPECT_GT(few.site_parts.size(), 1u);
}

TEST_P(RandomRun, FoldingKeepsEverySum) {
  const RunReport whole = run_report(*tape_, layer(), *symbols_);
  const RunReport small = run_report(*tape_, layer(), *symbols_, {.nodes = 5});
  for (const auto tree : {&RunReport::callees, &RunReport::callers}) {
    EXPECT_LE((small.*tree).nodes.size(), 2u * 5);
    for (const std::size_t kept : {1, 3, 8}) {
      const FoldedTree folds = folded(whole.*tree, kept);
      EXPECT_LE(folds.nodes.size(), 2 * kept);
      expect_same(sum_of(folds), sum_of(whole.*tree), "folded to " + std::to_string(kept));
      EXPECT_EQ(range_of(folds, 3, 40).bytes, range_of(whole.*tree, 3, 40).bytes);
      EXPECT_EQ(range_of(folds, 3, 40).kept_bytes, range_of(small.*tree, 3, 40).kept_bytes);
      for (std::size_t i = 1; i < folds.nodes.size(); ++i) EXPECT_LT(folds.nodes[i].parent, i);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Stories, RandomRun, ::testing::Range<std::uint64_t>(700, 720));

TEST(RunReport, OfAnEmptyTapeIsEmpty) {
  TapeMaker maker;
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const RunReport report = run_report(tape, Layer::all, symbols);
  EXPECT_EQ(report.callees.nodes.size(), 1u);
  EXPECT_EQ(report.callers.nodes.size(), 1u);
  EXPECT_EQ(report.callees.cells(), 0u);
  EXPECT_EQ(report.timeline.peak.bytes, 0u);
}

TEST(RunReport, OfOneEventHasOneBlock) {
  TapeMaker maker;
  const StackId stack = maker.in_program(0x1010, maker.in_program(0x1020));
  maker.at(5000);
  maker.birth(0x100, 24, stack);
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const RunReport report = run_report(tape, Layer::program, symbols);
  EXPECT_EQ(sum_of(report.callees).leaked, 24u);
  EXPECT_EQ(range_of(report.callers, 0, static_cast<std::uint32_t>(report.borders.size() - 1)).kept_bytes, 24);
  EXPECT_EQ(report.callees.nodes.size(), 3u);
}

TEST(RunComparison, BothRunsAreInOneTree) {
  TapeMaker before, after;
  for (TapeMaker* maker : {&before, &after}) {
    const StackId stack = maker->in_program(0x1010, maker->in_program(0x1020));
    maker->birth(0x100, maker == &before ? 100 : 300, stack);
  }
  const TapeReader base = before.finish(), now = after.finish();
  Symbols of_now(now.modules());
  const RunComparison both = compare_runs(std::span(&base, 1), now, {}, {}, of_now);
  Costs old;
  for (const FoldedTree::Node& node : both.callees.nodes) old += node.base;
  EXPECT_EQ(old.peak, 100u);
  EXPECT_EQ(sum_of(both.callees).peak, 300u);
  EXPECT_EQ(both.diff.total(Cost::peak).now.median, 300u);
}

TEST(RunComparison, OfSeveralBasesTheTreeHasTheRunWithTheMedianPeak) {
  TapeMaker makers[4];
  const std::uint64_t sizes[] = {500, 100, 200, 300};  // three older runs, and the newest
  std::vector<TapeReader> tapes;
  for (std::size_t i = 0; i < 4; ++i) {
    makers[i].birth(0x100, sizes[i], makers[i].in_program(0x1010));
    tapes.push_back(makers[i].finish());
  }
  Symbols of_now(tapes[3].modules());
  const RunComparison both = compare_runs(std::span(tapes).first(3), tapes[3], {}, {}, of_now);
  EXPECT_EQ(both.in_tree, 2u);
  Costs old;
  for (const FoldedTree::Node& node : both.callees.nodes) old += node.base;
  EXPECT_EQ(old.peak, 200u);
  EXPECT_EQ(both.diff.total(Cost::peak).base.median, 200u);
  EXPECT_EQ(both.diff.total(Cost::peak).base.low, 100u);
  EXPECT_TRUE(both.diff.total(Cost::peak).is_noise());
}

}  // namespace
}  // namespace heaptape
