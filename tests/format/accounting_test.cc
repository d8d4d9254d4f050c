#include "format/accounting.h"

#include <gtest/gtest.h>

#include "tests/format/naive_accounting.h"
#include "tests/format/story.h"

namespace heaptape {
namespace {

constexpr ThreadId kMain{0}, kOther{1};

// Feeds events by verbs; all are in layer `program` unless said otherwise.
class Ledgered : public ::testing::Test {
 protected:
  void birth(std::uint64_t address, std::uint64_t size, ThreadId thread = kMain, bool in_program = true) {
    take({.address = address, .size = size, .thread = thread, .kind = EventKind::birth}, in_program);
  }
  void release(std::uint64_t address, ThreadId thread = kMain, Function function = Function::free) {
    take({.address = address, .thread = thread, .kind = EventKind::release, .function = function}, false);
  }
  void restored(std::uint64_t address, ThreadId thread = kMain) {
    take({.address = address, .thread = thread, .kind = EventKind::restored}, false);
  }
  void happen(EventKind kind) { take({.kind = kind}, false); }
  void take(Event event, bool in_program) {
    event.time_ns = ++time_ * 10;
    accounting.take(event, in_program);
  }

  const Totals& all() const { return accounting.totals().all; }
  const Totals& program() const { return accounting.totals().program; }
  std::uint64_t loss(Loss which) const { return accounting.ledger()[which]; }

  Accounting accounting;

 private:
  std::uint64_t time_ = 0;
};

TEST_F(Ledgered, PeakIsTheFirstMomentOfTheLargestSum) {
  birth(16, 100);
  birth(32, 50);
  release(32);
  birth(48, 50);  // 150 again: no new peak
  EXPECT_EQ(all().peak_bytes, 150u);
  EXPECT_EQ(all().peak_blocks, 2u);
  EXPECT_EQ(all().peak_event, 2u);
  EXPECT_EQ(all().peak_time_ns, 20u);
}

TEST_F(Ledgered, LayersPeakApart) {
  birth(16, 100, kMain, false);
  birth(32, 10);
  release(32);
  birth(48, 5, kMain, false);
  EXPECT_EQ(program().peak_bytes, 10u);
  EXPECT_EQ(program().peak_event, 2u);
  EXPECT_EQ(program().frees, 1u);
  EXPECT_EQ(program().live_bytes, 0u);
  EXPECT_EQ(all().peak_bytes, 110u);
  EXPECT_EQ(all().live_bytes, 105u);
}

TEST_F(Ledgered, ZeroSizedBlocksAreBlocks) {
  birth(16, 0);
  birth(32, 0);
  EXPECT_EQ(all().live_blocks, 2u);
  EXPECT_EQ(all().peak_event, 0u);
  birth(48, 1);
  EXPECT_EQ(all().peak_blocks, 3u);
}

TEST_F(Ledgered, FreedByItsThreadBeforeAnotherBirthIsTemporary) {
  birth(16, 8);
  birth(32, 8, kOther);
  release(16);
  EXPECT_EQ(all().temporary, 1u);
  release(32, kMain);  // another thread's
  EXPECT_EQ(all().temporary, 1u);
}

TEST_F(Ledgered, OnlyTheNewestBirthCanBeTemporary) {
  birth(16, 8);
  birth(32, 8);
  release(16);
  EXPECT_EQ(all().temporary, 0u);
  release(32);
  EXPECT_EQ(all().temporary, 1u);
}

TEST_F(Ledgered, AnAddressRebornByAnotherThreadIsNotTheOldBirth) {
  birth(16, 8, kMain);
  release(16, kOther);
  birth(16, 8, kOther);
  release(16, kMain);
  EXPECT_EQ(all().temporary, 0u);
}

TEST_F(Ledgered, ReallocOfTheLastBlockCountsAsItsFree) {
  birth(16, 8);
  release(16, kMain, Function::realloc);
  birth(16, 16);
  EXPECT_EQ(all().temporary, 1u);
  EXPECT_EQ(all().allocations, 2u);
  EXPECT_EQ(all().frees, 1u);
}

TEST_F(Ledgered, FailedReallocLeavesEverythingAsItWas) {
  birth(16, 100);
  const LayerTotals before = accounting.totals();
  release(16, kMain, Function::realloc);
  restored(16);
  EXPECT_EQ(accounting.totals(), before);
  release(16);  // still the newest birth of its thread
  EXPECT_EQ(all().temporary, 1u);
}

TEST_F(Ledgered, RestoredBlockIsNotTheNewestBirthIfItsOwnerWentOn) {
  birth(16, 100, kMain);
  release(16, kOther, Function::realloc);
  birth(32, 1, kMain);
  release(32, kMain);
  restored(16, kOther);
  EXPECT_EQ(all().temporary, 1u);
  release(16, kMain);
  EXPECT_EQ(all().temporary, 1u);
  EXPECT_EQ(all().live_blocks, 0u);
}

TEST_F(Ledgered, RestoringCanMakeThePeak) {
  birth(16, 100);
  release(16, kMain, Function::realloc);
  birth(32, 80, kOther);
  restored(16);
  EXPECT_EQ(all().peak_bytes, 180u);
  EXPECT_EQ(all().peak_event, 4u);
}

TEST_F(Ledgered, RestoredWithoutItsReleaseChangesNothing) {
  birth(16, 8);
  restored(16);
  release(16, kMain, Function::free);
  restored(16);
  EXPECT_EQ(all().live_blocks, 0u);
  EXPECT_EQ(all().frees, 1u);
}

TEST_F(Ledgered, FailedReallocOfAnUnknownBlockIsNoFree) {
  release(16, kMain, Function::realloc);
  EXPECT_EQ(loss(Loss::unmatched_frees), 1u);
  restored(16);
  EXPECT_EQ(loss(Loss::unmatched_frees), 0u);
}

TEST_F(Ledgered, BirthOverALiveBlockDropsTheOldOneWithoutAFree) {
  birth(16, 100);
  birth(16, 30);
  EXPECT_EQ(loss(Loss::overlapping_births), 1u);
  EXPECT_EQ(all().live_bytes, 30u);
  EXPECT_EQ(all().live_blocks, 1u);
  EXPECT_EQ(all().allocations, 2u);
  EXPECT_EQ(all().frees, 0u);
  EXPECT_EQ(all().peak_bytes, 100u);
}

TEST_F(Ledgered, ReleasesOfUnknownBlocksAreNoFrees) {
  release(16);
  EXPECT_EQ(loss(Loss::unmatched_frees), 1u);
  EXPECT_EQ(all().frees, 0u);
}

TEST_F(Ledgered, AfterAPauseUnknownBlocksAreEarlierOnes) {
  release(16);
  happen(EventKind::pause);
  happen(EventKind::resume);
  release(32);
  EXPECT_EQ(loss(Loss::unmatched_frees), 1u);
  EXPECT_EQ(loss(Loss::earlier_frees), 1u);
}

TEST_F(Ledgered, InAForkedProcessUnknownBlocksAreInherited) {
  accounting = Accounting(true);
  release(16);
  EXPECT_EQ(loss(Loss::inherited_frees), 1u);
  EXPECT_EQ(loss(Loss::unmatched_frees), 0u);
}

TEST_F(Ledgered, MaximaStartAnewWhenTaken) {
  birth(16, 100);
  release(16);
  birth(32, 40);
  EXPECT_EQ(accounting.take_maxima().all, 100u);
  birth(48, 1);
  release(48);
  release(32);
  EXPECT_EQ(accounting.take_maxima().all, 41u);
}

TEST(Accounting, AgreesWithTheNaiveReferenceOnRandomStories) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    const Story story = make_story(seed, 1500);
    const bool forked = seed % 5 == 0;
    Accounting accounting(forked);
    for (const Event& event : story.events) {
      accounting.take(event, story.frames[static_cast<std::size_t>(event.stack)].in_program);
    }
    const NaiveFigures expected = account_naively(story.events, story.frames, forked);
    ASSERT_EQ(accounting.totals(), expected.totals);
    ASSERT_EQ(accounting.ledger().counts, expected.ledger.counts);
  }
}

}  // namespace
}  // namespace heaptape
