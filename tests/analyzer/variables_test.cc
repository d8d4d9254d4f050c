#include <gtest/gtest.h>

#include "analyzer/analyze.h"
#include "tests/analyzer/tape_maker.h"

namespace heaptape {
namespace {

// The seven variables of samples/basic_usage, as a recorder would tell of them.
class SevenVariables : public ::testing::Test {
 protected:
  SevenVariables() {
    const StackId stack = maker.in_program(0x2000);
    maker.birth(0x9000, 72704, maker.in_system(0x20000));  // the runtime's
    for (const auto& [address, size] : kBlocks) maker.birth(address, size, stack);
    maker.at(1000);
    maker.track("numbers_vec", {{0x1000, 0}});
    maker.track("text_string", {{0x2000, 0}});
    maker.track("boxed_value", {{0x3000, 0}});
    maker.track("boxed_value2", {{0x4000, 0}});
    rc_data = maker.track("rc_data", {{0x5010, 1}, {0x5018, 0}, {0x6000, 0}});  // object inside the control block
    maker.track("arc_data", {{0x7010, 1}});
    clone = maker.track("rc_data_clone", {{0x5010, 2}, {0x6000, 0}});
    maker.read(rc_data, {{0x5010, 2}, {0x6000, 0}});
    maker.at(2000);
    for (std::uint32_t scope = 0; scope < 7; ++scope) maker.end_scope(scope);
    for (const auto& [address, size] : kBlocks) maker.release(address);
  }

  const std::vector<std::pair<std::uint64_t, std::uint64_t>> kBlocks = {
      {0x1000, 20}, {0x2000, 20}, {0x3000, 4}, {0x4000, 4}, {0x5000, 40}, {0x6000, 12}, {0x7000, 48}};
  TapeMaker maker;
  std::uint32_t rc_data = 0, clone = 0;
};

TEST_F(SevenVariables, OwnExactlySevenBlocks) {
  const TapeReader tape = maker.finish();
  const SummaryReport report = summary(tape, Layer::user);
  ASSERT_EQ(report.variables.size(), 7u);
  std::uint64_t blocks = 0;
  for (const VariableReport& variable : report.variables) blocks += variable.blocks;
  EXPECT_EQ(blocks, 7u);
  EXPECT_EQ(report.totals.allocations, 7u);
  EXPECT_EQ(report.totals.frees, 7u);
  EXPECT_EQ(report.totals.allocated_bytes, 148u);
  EXPECT_EQ(report.totals.peak_bytes, 148u);
  EXPECT_EQ(report.totals.live_blocks, 0u);
}

TEST_F(SevenVariables, SharedBlocksCountOnceForTheirFirstOwner) {
  const TapeReader tape = maker.finish();
  const SummaryReport report = summary(tape, Layer::program);
  const VariableReport& shared = report.variables[rc_data];
  EXPECT_EQ(shared.blocks, 2u);
  EXPECT_EQ(shared.bytes, 52u);
  EXPECT_EQ(shared.held_blocks, 2u);
  EXPECT_EQ(shared.max_use_count, 2u);
}

TEST_F(SevenVariables, CloneOwnsNothingAndShowsUseCountTwo) {
  const TapeReader tape = maker.finish();
  const SummaryReport report = summary(tape, Layer::user);
  const VariableReport& copy = report.variables[clone];
  EXPECT_EQ(copy.name, "rc_data_clone");
  EXPECT_EQ(copy.blocks, 0u);
  EXPECT_EQ(copy.bytes, 0u);
  EXPECT_EQ(copy.use_count, 2u);
  EXPECT_EQ(copy.file, "/src/made_up.cc");
  EXPECT_EQ(copy.line, 46u);
  ASSERT_TRUE(copy.end_ns);
  EXPECT_EQ(*copy.end_ns, 2000u);
}

TEST_F(SevenVariables, LayersKeepTheirOwnFigures) {
  const TapeReader tape = maker.finish();
  const SummaryReport report = summary(tape, Layer::user);
  EXPECT_EQ(report.layers.all.allocations, 8u);
  EXPECT_EQ(report.layers.program.allocations, 7u);
  EXPECT_EQ(report.layers.all.live_bytes, 72704u);
}

TEST(Variables, RegrownVectorOwnsBothBlocksAndHoldsTheNewOne) {
  TapeMaker maker;
  const StackId stack = maker.in_program(0x2000);
  maker.birth(0x1000, 20, stack);
  const std::uint32_t scope = maker.track("grows", {{0x1000, 0}});
  maker.birth(0x2000, 40, stack);
  maker.release(0x1000);
  maker.read(scope, {{0x2000, 0}});
  const SummaryReport report = summary(maker.finish(), Layer::user);
  const VariableReport& variable = report.variables.at(0);
  EXPECT_EQ(variable.blocks, 2u);
  EXPECT_EQ(variable.bytes, 60u);
  EXPECT_EQ(variable.held_blocks, 1u);
  EXPECT_EQ(variable.held_bytes, 40u);
  EXPECT_FALSE(variable.end_ns);
  EXPECT_EQ(report.totals.peak_bytes, 60u);
}

TEST(Variables, PointerPastABlockClaimsNothing) {
  TapeMaker maker;
  maker.birth(0x1000, 32, maker.in_program(0x2000));
  maker.track("elsewhere", {{0x1020, 0}, {0x0fff, 0}});
  const SummaryReport report = summary(maker.finish(), Layer::user);
  EXPECT_EQ(report.variables.at(0).blocks, 0u);
  EXPECT_EQ(report.totals, Totals{});
}

TEST(Variables, TapeWithoutThemHasNoUserLayer) {
  TapeMaker maker;
  maker.birth(0x1000, 32, maker.in_program(0x2000));
  const SummaryReport report = summary(maker.finish(), Layer::user);
  EXPECT_FALSE(report.user);
  EXPECT_EQ(report.totals, Totals{});
}

}  // namespace
}  // namespace heaptape
