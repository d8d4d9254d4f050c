#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "analyzer/analyze.h"
#include "analyzer/call_path.h"
#include "analyzer/measure.h"
#include "analyzer/sites.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/format/story.h"

namespace heaptape {
namespace {

constexpr auto kCallees = TreeReport::Direction::callees;
constexpr auto kCallers = TreeReport::Direction::callers;

// main (0x2000) calls a (0x3000) and b (0x4000); a leaks 100 of its 300 bytes, b frees its 50 at once.
class TwoSites : public ::testing::Test {
 protected:
  TwoSites() {
    const StackId start = maker.in_system(0x20000);
    const StackId main = maker.in_program(0x2000, start);
    a = maker.in_program(0x3000, main);
    b = maker.in_program(0x4000, main);
    maker.birth(0x100, 100, a);
    maker.birth(0x200, 200, a);
    maker.at(500);
    maker.birth(0x300, 50, b);
    maker.release(0x300);
    maker.release(0x200);
    maker.at(900);
    maker.birth(0x900, 4096, maker.in_system(0x30000));
  }
  StackId a{}, b{};
  TapeMaker maker;
};

TEST_F(TwoSites, TopWeighsEachByEveryCost) {
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const TopReport report = top(tape, Layer::program, Cost::allocated, symbols);
  ASSERT_EQ(report.sites.size(), 2u);
  const Costs& first = report.sites[0].costs;
  EXPECT_EQ(report.sites[0].label, "0x2000 in made-up");
  EXPECT_EQ(report.sites[0].detail, "");
  EXPECT_EQ(first.peak, 300u);
  EXPECT_EQ(first.peak_blocks, 2u);
  EXPECT_EQ(first.allocated, 300u);
  EXPECT_EQ(first.count, 2u);
  EXPECT_EQ(first.temporary, 0u);
  EXPECT_EQ(first.leaked, 100u);
  EXPECT_EQ(report.sites[1].costs.temporary, 1u);
  EXPECT_EQ(report.total.peak, report.peak.bytes);
}

TEST_F(TwoSites, TopByTemporaryPutsTheOtherFirst) {
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  EXPECT_EQ(top(tape, Layer::program, Cost::temporary, symbols).sites.at(0).label, "0x3000 in made-up");
}

TEST_F(TwoSites, CalleesStartAtMain) {
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const TreeReport tree = call_tree(tape, Layer::program, Cost::peak, kCallees, symbols);
  EXPECT_EQ(tree.total, 350u);
  ASSERT_EQ(tree.nodes[0].children.size(), 1u);
  const TreeReport::Node& main = tree.nodes[tree.nodes[0].children[0]];
  EXPECT_EQ(main.label, "0x1000 in made-up");
  EXPECT_EQ(main.total, 350u);
  EXPECT_EQ(main.self, 0u);
  EXPECT_TRUE(main.in_program);
  ASSERT_EQ(main.children.size(), 2u);
  EXPECT_EQ(tree.nodes[main.children[0]].total, 300u);
  EXPECT_EQ(tree.nodes[main.children[0]].self, 300u);
  EXPECT_EQ(tree.nodes[main.children[0]].blocks, 2u);
}

TEST_F(TwoSites, CallersStartAtTheSites) {
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const TreeReport tree = call_tree(tape, Layer::program, Cost::count, kCallers, symbols);
  EXPECT_EQ(tree.total, 3u);
  ASSERT_EQ(tree.nodes[0].children.size(), 2u);
  const TreeReport::Node& site = tree.nodes[tree.nodes[0].children[0]];
  EXPECT_EQ(site.label, "0x2000 in made-up");
  EXPECT_EQ(site.total, 2u);
  EXPECT_EQ(tree.nodes[site.children.at(0)].label, "0x1000 in made-up");
}

TEST(Reports, FramesThatWereLeftOutShowBetweenThoseOnEitherSide) {
  TapeMaker maker;
  const StackId main = maker.in_program(0x1000);
  Frame inner = {.parent = main, .address = 0x2000, .module = ModuleId{0}, .in_program = true};
  inner.gap = true;
  const StackId leaf = maker.in_program(0x3000, maker.frame(inner));
  maker.birth(0x100, 100, leaf);
  const TapeReader tape = maker.finish();
  EXPECT_TRUE(tape.frames().at(2).gap);
  Symbols symbols(tape.modules());
  const TreeReport tree = call_tree(tape, Layer::program, Cost::count, kCallees, symbols);
  std::vector<std::string> labels;
  for (const TreeReport::Node& node : tree.nodes) labels.push_back(node.label);
  EXPECT_EQ(labels, (std::vector<std::string>{"made-up", "0x0 in made-up", "[frames left out]", "0x1000 in made-up",
                                              "0x2000 in made-up"}));
  EXPECT_EQ(top(tape, Layer::program, Cost::count, symbols).sites.at(0).label, "0x2000 in made-up");
  const LeaksReport leaked = leaks(tape, Layer::program, symbols);
  ASSERT_EQ(leaked.groups.at(0).stacks.at(0).frames.size(), 4u);
  EXPECT_EQ(leaked.groups[0].stacks[0].frames[2].function, "[frames left out]");
}

TEST_F(TwoSites, LeaksKeepTheRuntimesResidueApart) {
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const LeaksReport report = leaks(tape, Layer::all, symbols);
  EXPECT_TRUE(report.ended);
  EXPECT_EQ(report.bytes, 100u);
  EXPECT_EQ(report.blocks, 1u);
  EXPECT_EQ(report.residue_bytes, 4096u);
  ASSERT_EQ(report.groups.size(), 1u);
  ASSERT_EQ(report.groups[0].stacks.size(), 1u);
  EXPECT_EQ(report.groups[0].stacks[0].frames.size(), 2u) << "up to main";
  EXPECT_EQ(report.residue.at(0).label, "0x20000 in libsystem.so");
  EXPECT_EQ(report.bytes + report.residue_bytes, tape.totals().all.live_bytes);
}

TEST_F(TwoSites, AfterAKillBlocksAreLiveNotLeaked) {
  const TapeReader tape = maker.finish(EndKind::signaled);
  Symbols symbols(tape.modules());
  EXPECT_FALSE(leaks(tape, Layer::program, symbols).ended);
}

TEST_F(TwoSites, CutTapeIsReadAndSaysSo) {
  const TapeReader tape = maker.cut();
  Symbols symbols(tape.modules());
  const LeaksReport report = leaks(tape, Layer::program, symbols);
  EXPECT_FALSE(report.ended);
  EXPECT_EQ(report.bytes, 100u);
  ASSERT_FALSE(report.caveats.empty());
  EXPECT_EQ(report.caveats[0].reason, "cut");
}

TEST(Peaks, SecondHillBehindAValleyIsListedAndAFlankIsNot) {
  TapeMaker maker;
  const StackId stack = maker.in_program(0x2000);
  const auto hill = [&](std::uint64_t begin, std::uint64_t bytes) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      maker.at(begin + i * 1000);
      maker.birth(0x10000 + i * 0x1000, bytes / 10, stack);
    }
    for (std::uint64_t i = 0; i < 10; ++i) {
      maker.at(begin + 20'000 + i * 1000);
      maker.release(0x10000 + i * 0x1000);
    }
  };
  hill(0, 1000);
  hill(100'000, 700);
  hill(200'000, 900);
  maker.at(400'000);
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const PeaksReport report = peaks(tape, Layer::program, 5, symbols);
  EXPECT_EQ(report.peak.bytes, 1000u);
  EXPECT_EQ(report.peak.blocks, 10u);
  EXPECT_EQ(report.peak.time_ns, 9000u);
  ASSERT_EQ(report.others.size(), 2u);
  EXPECT_EQ(report.others[0].bytes, 900u);
  EXPECT_EQ(report.others[0].time_ns, 209'000u);
  EXPECT_EQ(report.others[1].bytes, 700u);
}

TEST(Timeline, EmptyTapeGivesOneLevelOfNothing) {
  TapeMaker maker;
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const TimelineReport report = timeline(tape, Layer::all, 100, symbols);
  EXPECT_EQ(report.peak.bytes, 0u);
  EXPECT_TRUE(std::all_of(report.steps.begin(), report.steps.end(), [](const auto& step) { return step.high == 0; }));
}

TEST(Timeline, MarksBearTheirNamesAndThreads) {
  TapeMaker maker;
  maker.at(42);
  maker.mark("phase two");
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const TimelineReport report = timeline(tape, Layer::all, 10, symbols);
  ASSERT_EQ(report.marks.size(), 1u);
  EXPECT_EQ(report.marks[0].name, "phase two");
  EXPECT_EQ(report.marks[0].time_ns, 42u);
  EXPECT_EQ(report.marks[0].thread, "main");
}

// Summary, timeline, top, peaks and tree of one tape and layer show one peak.
TEST(Reports, ShowOnePeakEverywhere) {
  const TapeFolder folder;
  for (std::uint64_t seed = 30; seed < 40; ++seed) {
    const std::string path = folder.path(std::to_string(seed));
    write_tape(path, make_exact_story(seed, 2000), {.events_per_block = 512});
    const TapeReader tape(path);
    Symbols symbols(tape.modules());
    for (const Layer layer : {Layer::user, Layer::program, Layer::all}) {
      const std::uint64_t peak = summary(tape, layer).totals.peak_bytes;
      const TimelineReport curve = timeline(tape, layer, 50, symbols);
      EXPECT_EQ(curve.peak.bytes, peak);
      EXPECT_EQ(std::max_element(curve.steps.begin(), curve.steps.end(),
                                 [](const auto& one, const auto& other) { return one.high < other.high; })
                    ->high,
                peak);
      EXPECT_EQ(top(tape, layer, Cost::peak, symbols).total.peak, peak);
      EXPECT_EQ(call_tree(tape, layer, Cost::peak, kCallees, symbols).total, peak);
      EXPECT_EQ(call_tree(tape, layer, Cost::peak, kCallers, symbols).total, peak);
      EXPECT_EQ(peaks(tape, layer, 3, symbols).peak.bytes, peak);
    }
  }
}

TEST(Reports, DamagedBlockIsLeftOutAndNamed) {
  const TapeFolder folder;
  write_tape(folder.path("good"), make_exact_story(8, 3000), {.events_per_block = 100});
  const BlockEntry block = TapeReader(folder.path("good")).blocks().at(7);
  FileBytes bytes = read_bytes(folder.path("good"));
  bytes.at(block.offset + block.stored_bytes - 1) ^= 0x10;
  const TapeReader tape(folder.put("bad", bytes));
  Symbols symbols(tape.modules());
  const TopReport report = top(tape, Layer::all, Cost::count, symbols);
  EXPECT_LT(report.total.count, tape.totals().all.allocations);
  ASSERT_FALSE(report.caveats.empty());
  EXPECT_EQ(report.caveats[0].reason, "damaged");
  EXPECT_EQ(report.caveats[0].count, 1u);
}

// Total, own cost and blocks of a node, by the names on the way to it.
using NodesByWay = std::map<std::string, std::array<std::uint64_t, 3>>;

void note(NodesByWay& nodes, const TreeReport& tree, std::uint32_t node, const std::string& way) {
  auto& [total, own, blocks] = nodes[way];
  total += tree.nodes[node].total;
  own += tree.nodes[node].self;
  blocks += tree.nodes[node].blocks;
  for (const std::uint32_t child : tree.nodes[node].children)
    note(nodes, tree, child, way + " > " + tree.nodes[child].label);
}

// Against each stack's path by itself. Frames of the runtime, gaps and stacks without the program are among them.
TEST(Reports, ATreeIsMadeOfThePathOfEachStack) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    TapeMaker maker;
    const ModuleId modules[] = {maker.module({.path = "/bin/prog", .end = 0x10000}),
                                maker.module({.path = "/usr/lib/libc.so.6", .end = 0x10000, .is_system = true}),
                                maker.module({.path = "/usr/lib/libstdc++.so.6", .end = 0x10000, .is_system = true})};
    std::vector<StackId> stacks{kEmptyStack};
    std::vector<bool> in_program{false};
    for (int i = 0; i < 300; ++i) {
      const std::size_t parent = random() % stacks.size(), module = random() % 3;
      in_program.push_back(module == 0 || in_program[parent]);
      stacks.push_back(maker.frame({.parent = stacks[parent],
                                    .address = 0x100 * (1 + random() % 8),
                                    .module = modules[module],
                                    .in_program = in_program.back(),
                                    .gap = random() % 7 == 0}));
    }
    for (std::uint64_t i = 0; i < 400; ++i) maker.birth(0x5000 + 0x100 * i, 1 + random() % 90, stacks[random() % 301]);
    const TapeReader tape = maker.finish();
    Symbols symbols(tape);
    for (const auto direction : {kCallees, kCallers}) {
      const Selection all(tape, Layer::all);
      const Measured measured = measure(tape, all, Sites(tape, symbols));
      NodesByWay expected, told;
      for (std::size_t i = 0; i < measured.stacks.size(); ++i) {
        const Costs& costs = measured.stacks[i];
        if (costs.peak == 0) continue;
        std::vector<CallStep> path = call_path_of(tape, symbols, static_cast<StackId>(i), SIZE_MAX);
        drop_runtime(path, direction);
        if (direction == kCallees) std::reverse(path.begin(), path.end());
        std::string way = tape.meta().program.substr(tape.meta().program.rfind('/') + 1);
        const auto add = [&] {
          expected[way][0] += costs.peak;
          expected[way][2] += costs.peak_blocks;
        };
        add();
        for (const CallStep& step : path) {
          way += " > " + step.location->function;
          add();
        }
        expected[way][1] += costs.peak;
      }
      const TreeReport tree = call_tree(tape, all, Cost::peak, direction, symbols);
      note(told, tree, 0, tree.nodes[0].label);
      EXPECT_EQ(told, expected);
    }
  }
}

TEST(Reports, TreeTotalsAreTheSumOfTheirParts) {
  const TapeFolder folder;
  write_tape(folder.path("sum"), make_exact_story(7, 3000), {});
  const TapeReader tape(folder.path("sum"));
  Symbols symbols(tape.modules());
  for (int cost = 0; cost < kCosts; ++cost) {
    for (const auto direction : {kCallees, kCallers}) {
      const TreeReport tree = call_tree(tape, Layer::all, static_cast<Cost>(cost), direction, symbols);
      for (const TreeReport::Node& node : tree.nodes) {
        std::uint64_t sum = node.self;
        for (const std::uint32_t child : node.children) sum += tree.nodes[child].total;
        EXPECT_EQ(node.total, sum);
      }
    }
  }
}

}  // namespace
}  // namespace heaptape
