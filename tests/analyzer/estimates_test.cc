// Reports of a sampled tape: estimates, the same wherever they are shown.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "analyzer/account.h"
#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "tests/analyzer/tape_maker.h"

namespace heaptape {
namespace {

// Births and releases, the first half of them all, then two rates of sampling.
void tell_sample(TapeMaker& maker, int events = 3000) {
  const ThreadId thread = maker.thread("main");
  const StackId stacks[] = {maker.in_program(0x1000), maker.in_program(0x2000), maker.in_system(0x3000)};
  std::mt19937_64 random(5);
  std::vector<std::uint64_t> live;
  for (int i = 0; i < events; ++i) {
    maker.at(static_cast<std::uint64_t>(i) * 1000);
    if (i == events / 2) maker.event({.size = 100, .kind = EventKind::rate});
    if (i == events * 3 / 4) maker.event({.size = 777, .kind = EventKind::rate});
    if (live.size() > 20 && random() % 2 == 0) {
      const std::size_t which = random() % live.size();
      if (random() % 5 == 0) maker.event({.kind = EventKind::passed});
      maker.release(live[which], thread, random() % 4 == 0 ? Function::realloc : Function::free);
      if (random() % 8 == 0) {
        maker.restored(live[which], thread);
        continue;
      }
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
    } else {
      live.push_back(0x10000 + static_cast<std::uint64_t>(i) * 4096);
      maker.birth(live.back(), random() % 2000, stacks[random() % 3], thread);
    }
  }
}

TEST(Estimates, TheIndexAScanAndAReplayAgreeToTheLastDigit) {
  TapeMaker whole_maker, cut_maker;
  tell_sample(whole_maker);
  tell_sample(cut_maker);
  const TapeReader tape = whole_maker.finish();
  const TapeReader cut = cut_maker.cut();
  ASSERT_TRUE(tape.estimates() && cut.estimates());
  for (const Layer layer : {Layer::program, Layer::all}) {
    const Estimate& index = tape.estimates()->of(layer);
    EXPECT_EQ(index.totals, cut.estimates()->of(layer).totals);
    const Membership membership(layer, tape.frames(), {});
    TotalsPass pass(membership);
    Pass* const passes[] = {&pass};
    EXPECT_TRUE(replay(tape, passes).empty());
    EXPECT_EQ(pass.estimate().totals, index.totals);
    EXPECT_DOUBLE_EQ(pass.estimate().variances.peak_bytes, index.variances.peak_bytes);
    EXPECT_DOUBLE_EQ(pass.estimate().variances.allocations, index.variances.allocations);
    EXPECT_NE(index.totals.allocations, tape.totals().of(layer).allocations);
  }
}

TEST(Estimates, ReportsShowThemWithMarginsAndSaySo) {
  TapeMaker maker;
  tell_sample(maker);
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const Totals& estimated = tape.estimates()->all.totals;
  const SummaryReport sums = summary(tape, Layer::all);
  EXPECT_EQ(sums.totals, estimated);
  EXPECT_EQ(sums.recorded->all, tape.totals().all);
  ASSERT_TRUE(sums.margins);
  // Twice the deviation; the addition for what nothing was seen of is small where so much was seen.
  const double deviation = std::sqrt(tape.estimates()->all.variances.allocations);
  EXPECT_NEAR(static_cast<double>(sums.margins->allocations), 2 * deviation, 0.3 * deviation);
  const TopReport sites = top(tape, Layer::all, Cost::allocated, symbols);
  EXPECT_EQ(sites.total.allocated, estimated.allocated_bytes);
  EXPECT_EQ(sites.total.count, estimated.allocations);
  EXPECT_EQ(sites.total.peak_blocks, estimated.peak_blocks);
  EXPECT_EQ(sites.margins->allocated_bytes, sums.margins->allocated_bytes);
  const PeaksReport high = peaks(tape, Layer::all, 5, symbols);
  EXPECT_EQ(high.peak.bytes, estimated.peak_bytes);
  const LeaksReport left = leaks(tape, Layer::all, symbols);
  EXPECT_EQ(left.bytes + left.residue_bytes, estimated.live_bytes);
  EXPECT_EQ(left.blocks + left.residue_blocks, estimated.live_blocks);
  for (const auto* caveats : {&sums.caveats, &sites.caveats, &high.caveats, &left.caveats}) {
    EXPECT_EQ((*caveats)[0].reason, "sampled");
  }
  const Json json = to_json(sums);
  EXPECT_EQ(json["margins"]["peak_bytes"], sums.margins->peak_bytes);
  EXPECT_EQ(json["recorded"]["all"]["allocations"], tape.totals().all.allocations);
}

TEST(Estimates, ARateThatNobodyCouldMeanOverflowsNothing) {
  TapeMaker maker;
  const ThreadId thread = maker.thread("main");
  const StackId stack = maker.in_program(0x1000);
  maker.event({.size = UINT64_MAX, .kind = EventKind::rate});
  for (std::uint64_t i = 1; i < 100; ++i) maker.birth(i * 16, i % 2 == 0 ? 0 : UINT64_MAX >> 1, stack, thread);
  for (std::uint64_t i = 1; i < 100; ++i) maker.release(i * 16, thread);
  const TapeReader tape = maker.finish();
  EXPECT_EQ(tape.estimates()->all.totals.live_bytes, 0u);
  EXPECT_FALSE(to_text(to_json(summary(tape, Layer::program))).empty());
}

}  // namespace
}  // namespace heaptape
