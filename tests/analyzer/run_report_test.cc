// The report's trees and cells against the other reports, and against a naive reading.
#include "analyzer/run_report.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "analyzer/account.h"
#include "analyzer/sites.h"
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

// What the page sums up of a group's parts in the buckets [from, to).
struct PartSums {
  LifetimesReport::Figures figures;
  std::map<std::uint32_t, std::uint64_t> ages;
};
PartSums sums_of(const std::vector<LifetimePart>& parts, std::uint32_t from, std::uint32_t to) {
  PartSums sums;
  for (const LifetimePart& part : parts) {
    if (part.bucket < from || part.bucket >= to) continue;
    sums.figures.count += part.blocks;
    sums.figures.live += part.live;
    sums.figures.temporary += part.temporary;
    sums.figures.outlived += part.outlived;
    sums.figures.freed_elsewhere += part.freed_elsewhere;
    sums.figures.byte_seconds += part.byte_time / 1e9;
    for (const auto& [age, blocks] : part.ages) sums.ages[age] += blocks;
  }
  return sums;
}

// The lives of stacks or threads, in the plainest way.
struct NaiveLives {
  LifetimesReport::Figures figures;
  std::map<std::uint32_t, std::uint64_t> ages;
  void add(const NaiveLife& life, bool is_outlived, std::uint64_t end_ns) {
    ++figures.count;
    figures.byte_seconds += static_cast<double>(life.birth.size) *
                            static_cast<double>(life.end_ns.value_or(end_ns) - life.birth.time_ns) / 1e9;
    if (is_outlived) ++figures.outlived;
    if (life.is_live) ++figures.live;
    if (life.is_live || life.was_overwritten) return;
    if (life.is_temporary) ++figures.temporary;
    if (life.ended_by != life.birth.thread) ++figures.freed_elsewhere;
    ++ages[static_cast<std::uint32_t>(AgeClasses::of(life.lifetime_ns()))];
  }
};

void expect_same(const PartSums& told, const NaiveLives& expected, const std::string& what) {
  EXPECT_EQ(told.figures.count, expected.figures.count) << what;
  EXPECT_EQ(told.figures.live, expected.figures.live) << what;
  EXPECT_EQ(told.figures.temporary, expected.figures.temporary) << what;
  EXPECT_EQ(told.figures.outlived, expected.figures.outlived) << what;
  EXPECT_EQ(told.figures.freed_elsewhere, expected.figures.freed_elsewhere) << what;
  EXPECT_NEAR(told.figures.byte_seconds, expected.figures.byte_seconds, 1e-9 * (1 + expected.figures.byte_seconds))
      << what;
  EXPECT_EQ(told.ages, expected.ages) << what;
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

TEST_P(RandomRun, LifetimesOfWhatWasBornBetweenBordersAreThoseOfItsBlocks) {
  const RunReport report = run_report(*tape_, layer(), *symbols_);
  const LifetimesInParts& all = report.lifetimes;
  ASSERT_EQ(all.site_parts.size(), all.by_site.groups.size());
  ASSERT_EQ(all.thread_parts.size(), all.by_thread.groups.size());
  ASSERT_EQ(all.loop_parts.size(), all.by_site.loops.size());
  Sites sites(*tape_, *symbols_);
  std::map<ThreadId, std::uint64_t> last_events;
  for (std::size_t i = 0; i < story_.events.size(); ++i) last_events[story_.events[i].thread] = i + 1;
  const std::vector<NaiveLife> lives = live_naively(story_.events, story_.events.size());
  const auto buckets = static_cast<std::uint32_t>(report.borders.size() - 1);
  for (std::uint32_t i = 0; i < 12; ++i) {
    const std::uint32_t from = i * buckets / 13, to = std::min(buckets, from + 1 + (i * i * 7) % 90);
    SCOPED_TRACE(std::to_string(from) + " to " + std::to_string(to));
    std::map<std::string, NaiveLives> by_site, by_thread;
    std::uint64_t temporary = 0, told_temporary = 0;
    for (const NaiveLife& life : lives) {
      if (layer() == Layer::program && !story_.frames[static_cast<std::size_t>(life.birth.stack)].in_program) continue;
      const std::uint64_t born = life.birth.time_ns;
      if (born < report.borders[from] || (born >= report.borders[to] && to != buckets)) continue;
      const std::uint64_t last = last_events[life.birth.thread];
      const bool is_outlived =
          life.is_live ? life.birth.thread != ThreadId{}
                       : !life.was_overwritten && life.ended_by != life.birth.thread && last < life.end_number;
      const Site& site = sites[sites.of(life.birth.stack)];
      by_site[site.label + "|" + site.detail].add(life, is_outlived, duration_of(*tape_));
      by_thread[std::to_string(tape_->threads()[static_cast<std::size_t>(life.birth.thread)].tid)].add(
          life, is_outlived, duration_of(*tape_));
      if (!life.is_live && !life.was_overwritten && life.is_temporary) ++temporary;
    }
    for (std::size_t k = 0; k < all.site_parts.size(); ++k) {
      const std::string name = all.by_site.groups[k].label + "|" + all.by_site.groups[k].detail;
      expect_same(sums_of(all.site_parts[k], from, to), by_site[name], name);
    }
    for (std::size_t k = 0; k < all.thread_parts.size(); ++k) {
      const std::string name = std::to_string(all.by_thread.groups[k].thread.tid);
      expect_same(sums_of(all.thread_parts[k], from, to), by_thread[name], name);
    }
    for (const std::vector<TemporaryPart>& loop : all.loop_parts)
      for (const TemporaryPart& part : loop)
        if (part.bucket >= from && part.bucket < to) told_temporary += part.blocks;
    EXPECT_EQ(told_temporary, temporary);
  }
}

TEST_P(RandomRun, AllPartsOfALifetimeAddUpToTheWholeRuns) {
  const LifetimesInParts all = run_report(*tape_, layer(), *symbols_).lifetimes;
  for (std::size_t k = 0; k < all.site_parts.size(); ++k) {
    const PartSums sums = sums_of(all.site_parts[k], 0, UINT32_MAX);
    const LifetimesReport::Figures& whole_run = all.by_site.groups[k].figures;
    EXPECT_EQ(sums.figures.count, whole_run.count);
    EXPECT_EQ(sums.figures.live, whole_run.live);
    EXPECT_EQ(sums.figures.outlived, whole_run.outlived);
    EXPECT_NEAR(sums.figures.byte_seconds, whole_run.byte_seconds, 1e-9 * (1 + whole_run.byte_seconds));
    std::uint64_t released = 0, longest = 0;
    for (const auto& [age, blocks] : sums.ages) {
      released += blocks;
      longest = AgeClasses::middle_of(age) * all.by_site.clock_step_ns;
    }
    EXPECT_LE(released, whole_run.count - whole_run.live);
    EXPECT_NEAR(
        static_cast<double>(longest), static_cast<double>(whole_run.lifetime_ns.longest),
        static_cast<double>(whole_run.lifetime_ns.longest) / 8 + static_cast<double>(all.by_site.clock_step_ns));
  }
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
