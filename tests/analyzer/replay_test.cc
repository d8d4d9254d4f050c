#include "analyzer/replay.h"

#include <gtest/gtest.h>

#include "analyzer/account.h"
#include "analyzer/curve.h"
#include "analyzer/stack_costs.h"
#include "tests/analyzer/naive_costs.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/format/story.h"

namespace heaptape {
namespace {

class RandomStory : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  RandomStory() {
    // Of orderly ones most blocks are born and released within a block of events, and pass the map by.
    const bool orderly = GetParam() % 2 == 0;
    write_tape(folder_.path("story.tape"),
               orderly ? make_orderly_story(GetParam(), 6000) : make_exact_story(GetParam(), 3000),
               {.events_per_block = 256});
    tape_ = std::make_unique<TapeReader>(folder_.path("story.tape"));
  }
  Membership blocks_of(Layer layer) const { return Membership(layer, tape_->frames(), {}); }
  NaiveCosts naive(Layer layer) const {
    return cost_naively(all_events(*tape_), [&](const Event& birth) {
      return layer == Layer::all || tape_->frames()[static_cast<std::size_t>(birth.stack)].in_program;
    });
  }

  TapeFolder folder_;
  std::unique_ptr<TapeReader> tape_;
};

TEST_P(RandomStory, OverlapsAreThereOrNotAsTheyShould) {
  EXPECT_EQ(tape_->ledger()[Loss::overlapping_births] == 0, GetParam() % 2 == 0);
}

TEST_P(RandomStory, ReplayedTotalsEqualTheIndex) {
  const Membership program = blocks_of(Layer::program);
  const Membership all = blocks_of(Layer::all);
  TotalsPass program_totals(program);
  TotalsPass all_totals(all);
  Pass* const passes[] = {&program_totals, &all_totals};
  EXPECT_TRUE(replay(*tape_, passes).empty());
  EXPECT_EQ(program_totals.estimate().totals, tape_->totals().program);
  EXPECT_EQ(all_totals.estimate().totals, tape_->totals().all);
}

TEST_P(RandomStory, StackCostsEqualThoseOfFullSnapshots) {
  for (const Layer layer : {Layer::program, Layer::all}) {
    const Membership membership = blocks_of(layer);
    StackCostsPass pass(membership, tape_->frames().size());
    Pass* const passes[] = {&pass};
    EXPECT_TRUE(replay(*tape_, passes).empty());
    NaiveCosts expected = naive(layer);
    const CostsByStack costs = pass.costs();
    EXPECT_EQ(pass.estimate().totals.peak_event, expected.peak_event);
    for (std::size_t i = 0; i < costs.size(); ++i) {
      const Costs& want = expected.stacks[static_cast<std::uint32_t>(i)];
      for (int cost = 0; cost < kCosts; ++cost) {
        EXPECT_EQ(costs[i].of(static_cast<Cost>(cost)), want.of(static_cast<Cost>(cost))) << i << ' ' << cost;
      }
      EXPECT_EQ(costs[i].peak_blocks, want.peak_blocks) << i;
      EXPECT_EQ(costs[i].leaked_blocks, want.leaked_blocks) << i;
    }
  }
}

TEST_P(RandomStory, CurveHoldsTheExtremesOfEachStep) {
  const Membership membership = blocks_of(Layer::all);
  const std::uint64_t duration = tape_->ending().duration_ns;
  CurvePass pass(membership, duration, 37);
  Pass* const passes[] = {&pass};
  EXPECT_TRUE(replay(*tape_, passes).empty());
  const std::vector<CurvePass::Step> steps = pass.take_steps();
  ASSERT_EQ(steps.size(), 37u);
  const std::vector<std::uint64_t> live = naive(Layer::all).live;
  const std::vector<Event> events = all_events(*tape_);
  std::size_t next = 0;
  std::uint64_t level = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    std::uint64_t low = level;
    std::uint64_t high = level;
    for (; next < events.size() && (i + 1 == steps.size() || events[next].time_ns < steps[i + 1].begin_ns); ++next) {
      level = live[next];
      low = std::min(low, level);
      // A block that another was born over leaves and enters at one event.
      high = std::max(high, level);
    }
    EXPECT_EQ(steps[i].low, low) << i;
    EXPECT_EQ(steps[i].high.bytes, high) << i;
    EXPECT_EQ(steps[i].last, level) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomStory, ::testing::Range<std::uint64_t>(1, 31));

TEST(LiveMap, KeepsEveryBlockThroughGrowthAndRemoval) {
  LiveMap live;
  constexpr std::uint64_t kBlocks = 5000;
  for (std::uint64_t i = 0; i < kBlocks; ++i) live.put({.address = i * 16, .size = i, .birth_event = i + 1});
  for (std::uint64_t i = 0; i < kBlocks; i += 3) EXPECT_EQ(live.take(i * 16).size, i);
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    const Block* block = live.find(i * 16);
    ASSERT_EQ(block == nullptr, i % 3 == 0) << i;
    if (block != nullptr) {
      EXPECT_EQ(block->size, i);
    }
  }
  EXPECT_EQ(live.size(), kBlocks - (kBlocks + 2) / 3);
}

class FatesPass : public Pass {
 public:
  void ended(const Block& block, Fate fate, Moment) override { fates.emplace_back(block.birth_event, fate); }
  void restored(const Block& block, Fate, Moment) override { back.push_back(block.birth_event); }
  std::vector<std::pair<std::uint64_t, Fate>> fates;
  std::vector<std::uint64_t> back;
};

TEST(Replay, FailedReallocKeepsTheBlocksIdentity) {
  TapeMaker maker;
  const StackId stack = maker.in_program(0x2000);
  maker.birth(0x100, 10, stack);
  maker.release(0x100, {}, Function::realloc);
  maker.restored(0x100);
  maker.release(0x100);
  const TapeReader tape = maker.finish();
  FatesPass pass;
  Pass* const passes[] = {&pass};
  EXPECT_TRUE(replay(tape, passes).empty());
  EXPECT_EQ(pass.back, std::vector<std::uint64_t>{1});
  ASSERT_EQ(pass.fates.size(), 2u);
  EXPECT_EQ(pass.fates[1], (std::pair<std::uint64_t, Fate>{1, Fate::temporary}));
}

TEST(Replay, BirthOverALiveBlockEndsItUnseen) {
  TapeMaker maker;
  const StackId stack = maker.in_program(0x2000);
  maker.birth(0x100, 10, stack);
  maker.birth(0x100, 20, stack);
  const TapeReader tape = maker.finish();
  FatesPass pass;
  Pass* const passes[] = {&pass};
  EXPECT_TRUE(replay(tape, passes).empty());
  ASSERT_EQ(pass.fates.size(), 1u);
  EXPECT_EQ(pass.fates[0], (std::pair<std::uint64_t, Fate>{1, Fate::overwritten}));
}

}  // namespace
}  // namespace heaptape
