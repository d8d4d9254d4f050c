// The parts of sampling inside the program, by themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <unordered_set>

#include "recorder/guest/exponential.h"
#include "recorder/guest/recorded_set.h"

namespace heaptape::guest {
namespace {

TEST(Exponential, IsTheLogarithmOfItsRandomBits) {
  constexpr std::uint64_t kMean = std::uint64_t{1} << 40;
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random() >> i % 40;
    if (bits == 0) continue;
    const double expected = -std::log(std::ldexp(static_cast<double>(bits), -64)) * static_cast<double>(kMean);
    EXPECT_NEAR(static_cast<double>(exponential(bits, kMean)), expected, 4e-6 * static_cast<double>(kMean)) << bits;
  }
  EXPECT_EQ(exponential(UINT64_MAX, kMean), 0u);
  EXPECT_GT(exponential(0, kMean), 44 * kMean);
  EXPECT_GT(exponential(0, std::uint64_t{1} << 44), std::uint64_t{1} << 49);
}

class RecordedSetTest : public ::testing::Test {
 protected:
  RecordedSetTest()
      : memory_(std::calloc(1, sizeof(RecordedSet)), std::free), set_(*static_cast<RecordedSet*>(memory_.get())) {}
  std::unique_ptr<void, void (*)(void*)> memory_;
  RecordedSet& set_;
};

TEST_F(RecordedSetTest, KnowsExactlyWhatItHolds) {
  std::mt19937_64 random(2);
  std::unordered_set<std::uint64_t> truth;
  for (int i = 0; i < 400'000; ++i) {
    const std::uint64_t address = 0x5555'0000'0000 + random() % 60'000 * 16;
    const bool was_there = truth.erase(address) != 0;
    EXPECT_EQ(set_.remove(address), was_there);
    if (!was_there && random() % 2 == 0) {
      set_.insert(address);
      truth.insert(address);
    }
  }
  for (const std::uint64_t address : truth) EXPECT_TRUE(set_.remove(address));
  for (const std::uint64_t address : truth) EXPECT_FALSE(set_.remove(address));
}

TEST_F(RecordedSetTest, NeverForgetsABlockWhenItOverflows) {
  constexpr std::uint64_t kMany = 2'600'000;
  for (std::uint64_t i = 0; i < kMany; ++i) set_.insert(0x7f00'0000'0000 + i * 48);
  for (std::uint64_t i = 0; i < kMany; ++i) ASSERT_TRUE(set_.remove(0x7f00'0000'0000 + i * 48)) << i;
}

}  // namespace
}  // namespace heaptape::guest
