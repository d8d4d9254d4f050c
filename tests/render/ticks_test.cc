#include "render/ticks.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>

namespace heaptape {
namespace {

constexpr std::uint64_t kLasts[] = {0,      1,       2,         24,         1000,       1023,           1024,
                                    99'999, 5 << 20, 1'000'000, 1ULL << 40, 1ULL << 63, 10'000'000'000, ~0ULL};

void expect_even_and_inside(const std::vector<Tick>& ticks, std::uint64_t last, int most) {
  ASSERT_FALSE(ticks.empty());
  EXPECT_EQ(ticks.front().value, 0U);
  EXPECT_LE(ticks.back().value, last);
  EXPECT_LE(ticks.size(), static_cast<std::size_t>(most) + 1);
  std::set<std::string> labels;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    EXPECT_EQ(ticks[i].value, i * (ticks.size() > 1 ? ticks[1].value : 0));
    EXPECT_TRUE(labels.insert(ticks[i].label).second) << ticks[i].label << " twice, up to " << last;
  }
}

std::vector<std::string> labels_of(const std::vector<Tick>& ticks) {
  std::vector<std::string> labels;
  for (const Tick& tick : ticks) labels.push_back(tick.label);
  return labels;
}

}  // namespace

TEST(ByteTicks, AreMultiplesOfAPowerOfTwo) {
  for (const std::uint64_t last : kLasts) {
    for (const int most : {1, 4, 8}) {
      const std::vector<Tick> ticks = byte_ticks(last, most);
      expect_even_and_inside(ticks, last, most);
      if (ticks.size() > 1) {
        EXPECT_TRUE(std::has_single_bit(ticks[1].value));
      }
    }
  }
}

TEST(ByteTicks, BearBinaryUnits) {
  EXPECT_EQ(labels_of(byte_ticks(5 << 20, 6)),
            (std::vector<std::string>{"0", "1 MiB", "2 MiB", "3 MiB", "4 MiB", "5 MiB"}));
  EXPECT_EQ(labels_of(byte_ticks(1300 << 10, 6)),
            (std::vector<std::string>{"0", "256 KiB", "512 KiB", "768 KiB", "1 MiB", "1.25 MiB"}));
  EXPECT_EQ(byte_ticks(10'000'000'000, 6).back().label, "8 GiB");
}

TEST(TimeTicks, AreEvenAndDistinct) {
  for (const std::uint64_t last : kLasts)
    for (const int most : {2, 5, 10}) expect_even_and_inside(time_ticks(last, most), last, most);
}

TEST(TimeTicks, AreMultiplesOfOneTwoOrFive) {
  EXPECT_EQ(labels_of(time_ticks(438'000'000, 5)),
            (std::vector<std::string>{"0", "100 ms", "200 ms", "300 ms", "400 ms"}));
  EXPECT_EQ(labels_of(time_ticks(2'000'000'000, 4)), (std::vector<std::string>{"0", "0.5 s", "1 s", "1.5 s", "2 s"}));
}

TEST(TimeTicks, AreRoundMinutesAndHoursForLongRuns) {
  EXPECT_EQ(labels_of(time_ticks(200'000'000'000, 4)), (std::vector<std::string>{"0", "1 min", "2 min", "3 min"}));
  EXPECT_EQ(labels_of(time_ticks(7'300'000'000'000, 4)),
            (std::vector<std::string>{"0", "30 min", "1 h", "1 h 30 min", "2 h"}));
}

TEST(TimeTicks, OfAnAxisThatBeginsLateLieInsideItAndTellThemselvesApart) {
  EXPECT_EQ(labels_of(time_ticks(200'400'000'000, 4, 200'050'000'000)),
            (std::vector<std::string>{"200.1 s", "200.2 s", "200.3 s", "200.4 s"}));
  EXPECT_EQ(labels_of(time_ticks(5'000'003'000, 3, 5'000'000'000)),
            (std::vector<std::string>{"5 s", "5.000001 s", "5.000002 s", "5.000003 s"}));
  EXPECT_LE(time_ticks(1'050, 4, 1'049).size(), 2u);
}

}  // namespace heaptape
