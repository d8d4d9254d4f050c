#include "format/varint.h"

#include <gtest/gtest.h>

#include <vector>

namespace heaptape {
namespace {

std::vector<std::uint8_t> coded(std::uint64_t value) {
  std::vector<std::uint8_t> bytes(kMaxVarintBytes);
  bytes.resize(static_cast<std::size_t>(put_varint(bytes.data(), value) - bytes.data()));
  return bytes;
}

TEST(Varint, EveryLengthComesBack) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t value : {1ull << shift, (1ull << shift) - 1, ~0ull >> shift}) {
      const auto bytes = coded(value);
      VarintCursor cursor(bytes);
      EXPECT_EQ(cursor.next(), value);
      EXPECT_TRUE(cursor.consumed());
    }
  }
}

TEST(Varint, ARowOfAnyLengthsComesBackHoweverManyBytesFollow) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < 640; ++i) values.push_back((i * 0x9e37'79b9'7f4a'7c15) >> (i * 37 % 64));
  for (std::size_t first = 0; first < values.size(); first += 7) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = first; i < values.size(); ++i) {
      const auto more = coded(values[i]);
      bytes.insert(bytes.end(), more.begin(), more.end());
    }
    VarintCursor cursor(bytes);
    for (std::size_t i = first; i < values.size(); ++i) ASSERT_EQ(cursor.next(), values[i]) << i;
    EXPECT_TRUE(cursor.consumed());
  }
}

TEST(Varint, OfMoreBytesThanItTakesIsReadAsWell) {
  const std::vector<std::uint8_t> bytes{0x85, 0x80, 0x80, 0x00, 0x81, 0x00, 7, 7, 7, 7, 7, 7, 7};
  VarintCursor cursor(bytes);
  EXPECT_EQ(cursor.next(), 5u);
  EXPECT_EQ(cursor.next(), 1u);
  EXPECT_EQ(cursor.next(), 7u);
}

TEST(Varint, SmallDifferencesOfEitherSignAreShort) {
  EXPECT_EQ(zigzag(0), 0u);
  EXPECT_EQ(zigzag(static_cast<std::uint64_t>(-1)), 1u);
  EXPECT_EQ(zigzag(1), 2u);
  for (const std::uint64_t value : {0ull, 1ull, ~0ull, 1ull << 63, 12345ull, 0ull - 12345}) {
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
}

TEST(Varint, CutValueFailsForGood) {
  const std::vector<std::uint8_t> bytes{0x80};
  VarintCursor cursor(bytes);
  EXPECT_EQ(cursor.next(), 0u);
  EXPECT_TRUE(cursor.failed());
  EXPECT_FALSE(cursor.consumed());
}

TEST(Varint, ValueOf65BitsFails) {
  std::vector<std::uint8_t> bytes(9, 0xff);
  bytes.push_back(2);
  VarintCursor cursor(bytes);
  cursor.next();
  EXPECT_TRUE(cursor.failed());
}

TEST(Varint, BytesLeftOverAreNotConsumed) {
  const std::vector<std::uint8_t> bytes{1, 2};
  VarintCursor cursor(bytes);
  cursor.next();
  EXPECT_FALSE(cursor.consumed());
  EXPECT_FALSE(cursor.failed());
}

}  // namespace
}  // namespace heaptape
