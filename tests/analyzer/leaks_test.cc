// Which leaks are worth looking at: how they grew, and which are accepted.
#include <gtest/gtest.h>

#include <stdexcept>

#include "analyzer/analyze.h"
#include "analyzer/growth.h"
#include "tests/analyzer/tape_maker.h"

namespace heaptape {
namespace {

TEST(Growth, IsToldFromTheShapeOfTheLevels) {
  std::vector<std::uint64_t> ramp, jump(32), level, late(32), sawtooth;
  for (std::uint64_t i = 0; i < 32; ++i) {
    ramp.push_back(100 * i);
    level.push_back(std::min<std::uint64_t>(i, 8) * 100);
    sawtooth.push_back(i % 8 * 100 + 1);
    if (i >= 10) jump[i] = 4096;
    if (i >= 29) late[i] = (i - 28) * 1000;
  }
  EXPECT_EQ(growth_of(ramp), Growth::steady);
  EXPECT_EQ(growth_of(jump), Growth::one_off);
  EXPECT_EQ(growth_of(level), Growth::plateau);
  EXPECT_EQ(growth_of(late), Growth::unclear);
  EXPECT_NE(growth_of(sawtooth), Growth::steady);
  EXPECT_EQ(growth_of(std::vector<std::uint64_t>(32)), Growth::unclear);
  EXPECT_EQ(growth_of({}), Growth::unclear);
}

TEST(Growth, OfWhatWasThereBeforeIsNotThatItCameAtOnce) {
  const std::vector<std::uint64_t> flat(32, 4096);
  std::vector<std::uint64_t> jump(32, 4096), ramp;
  for (std::uint64_t i = 0; i < 32; ++i) {
    ramp.push_back(4096 + 1000 * i);
    if (i >= 20) jump[i] = 8192;
  }
  EXPECT_EQ(growth_of(flat), Growth::one_off);
  EXPECT_EQ(growth_of(flat, 4096), Growth::plateau);
  EXPECT_EQ(growth_of(jump, 4096), Growth::unclear);
  EXPECT_EQ(growth_of(ramp, 4096), Growth::steady);
}

// Three sites over 32 ms: one leaks a block each, one leaks at once, one fills up and then replaces its blocks.
class ThreeSites : public ::testing::Test {
 protected:
  ThreeSites() {
    const StackId main = maker_.in_program(0x2000);
    const StackId steady = maker_.in_program(0x3000, main), once = maker_.in_program(0x4000, main),
                  cache = maker_.in_program(0x5000, main);
    for (std::uint64_t i = 0; i < 31; ++i) {
      maker_.at(i * 1'000'000 + 500'000);
      maker_.birth(0x10000 + i * 64, 10, steady);
      if (i == 5) maker_.birth(0x100, 5000, once);
      if (i >= 6) maker_.release(0x20000 + (i - 6) * 64);
      maker_.birth(0x20000 + i * 64, 20, cache);
    }
    tape_.emplace(maker_.finish());
    symbols_.emplace(tape_->modules());
  }
  const LeaksReport::Group& group(const LeaksReport& report, const std::string& label) {
    for (const LeaksReport::Group& one : report.groups)
      if (one.label == label) return one;
    throw std::runtime_error("no group " + label);
  }
  TapeMaker maker_;
  std::optional<TapeReader> tape_;
  std::optional<Symbols> symbols_;
};

TEST_F(ThreeSites, EachGrowsInItsWayAndEndsAtWhatItLeaks) {
  const LeaksReport report = leaks(*tape_, Layer::program, *symbols_);
  EXPECT_EQ(group(report, "0x2000 in made-up").growth, Growth::steady);
  EXPECT_EQ(group(report, "0x3000 in made-up").growth, Growth::one_off);
  EXPECT_EQ(group(report, "0x4000 in made-up").growth, Growth::plateau);
  for (const LeaksReport::Group& one : report.groups) {
    ASSERT_EQ(one.levels.size(), kGrowthSteps);
    EXPECT_EQ(one.levels.back(), one.bytes) << one.label;
  }
  EXPECT_TRUE(report.exact);
}

TEST_F(ThreeSites, SuppressedLeaksAreCountedApart) {
  const LeaksReport whole = leaks(*tape_, Layer::program, *symbols_);
  const Suppressions some("# known\n\n leak:^0x3000 in \r\nleak:nothing\nleak:0x4000*made-up$");
  const LeaksReport report = leaks(*tape_, Selection(*tape_, Layer::program), *symbols_, some);
  ASSERT_EQ(report.groups.size(), 1u);
  EXPECT_EQ(report.groups[0].label, "0x2000 in made-up");
  ASSERT_EQ(report.suppressed.size(), 2u);
  EXPECT_EQ(report.suppressed[0].bytes + report.suppressed[1].bytes, report.suppressed_bytes);
  EXPECT_EQ(report.bytes + report.suppressed_bytes, whole.bytes);
  EXPECT_EQ(report.blocks + report.suppressed_blocks, whole.blocks);
}

TEST(Suppressions, MatchAsTheSanitizersDo) {
  EXPECT_TRUE(matches_suppression("foo", "a foo b"));
  EXPECT_FALSE(matches_suppression("foo", "fo"));
  EXPECT_FALSE(matches_suppression("foo", ""));
  EXPECT_TRUE(matches_suppression("^foo", "foobar"));
  EXPECT_FALSE(matches_suppression("^foo", "a foo"));
  EXPECT_TRUE(matches_suppression("foo$", "a foo"));
  EXPECT_FALSE(matches_suppression("foo$", "foobar"));
  EXPECT_TRUE(matches_suppression("f*r", "foobar"));
  EXPECT_TRUE(matches_suppression("^f*r$", "foobar"));
  EXPECT_FALSE(matches_suppression("^f*x$", "foobar"));
  EXPECT_TRUE(matches_suppression("^f*$", "foobar"));
  EXPECT_TRUE(matches_suppression("*", "x"));
  EXPECT_TRUE(matches_suppression("libfoo*.so", "/usr/lib/libfoo.1.so.2"));
  EXPECT_THROW(Suppressions("leak:a\nrace:b\n"), std::invalid_argument);
  EXPECT_THROW(Suppressions("leak:"), std::invalid_argument);
}

}  // namespace
}  // namespace heaptape
