#include "render/units.h"

#include <gtest/gtest.h>

namespace heaptape {

TEST(Units, ExactBytesAreGroupedByThousands) {
  EXPECT_EQ(exact_bytes(0), "0 bytes");
  EXPECT_EQ(exact_bytes(1), "1 byte");
  EXPECT_EQ(exact_bytes(999), "999 bytes");
  EXPECT_EQ(exact_bytes(1'269'760), "1,269,760 bytes");
  EXPECT_EQ(exact_bytes(~0ULL), "18,446,744,073,709,551,615 bytes");
}

TEST(Units, HumanBytesHaveThreeDigitsAndNeverReach1024OfAUnit) {
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.00 KiB");
  EXPECT_EQ(human_bytes(1'269'760), "1.21 MiB");
  EXPECT_EQ(human_bytes(1'048'575), "1.00 MiB");
  EXPECT_EQ(human_bytes(10ULL << 30), "10.0 GiB");
  EXPECT_EQ(human_bytes(~0ULL), "16.0 EiB");
}

TEST(Units, TimesChangeTheirUnitWithTheirSize) {
  EXPECT_EQ(human_time(0), "0 ns");
  EXPECT_EQ(human_time(1'200'000), "1.20 ms");
  EXPECT_EQ(human_time(999'600), "1.00 ms");
  EXPECT_EQ(human_time(2'310'000'000), "2.31 s");
  EXPECT_EQ(human_time(125'000'000'000), "2 min 5 s");
  EXPECT_EQ(human_time(3'720'000'000'000), "1 h 2 min");
}

TEST(Units, SharesNeverRoundToNothingOrToAll) {
  EXPECT_EQ(share_of(0, 10), "0 %");
  EXPECT_EQ(share_of(1, 1'000'000), "<0.1 %");
  EXPECT_EQ(share_of(12, 1000), "1.2 %");
  EXPECT_EQ(share_of(999, 1000), ">99 %");
  EXPECT_EQ(share_of(10, 10), "100 %");
  EXPECT_EQ(share_of(0, 0), "0 %");
}

TEST(Units, CountsAgreeWithTheirNoun) {
  EXPECT_EQ(counted(1, "block"), "1 block");
  EXPECT_EQ(counted(12'873, "block"), "12,873 blocks");
}

}  // namespace heaptape
