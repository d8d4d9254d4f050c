#include "format/address_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <map>
#include <random>

namespace heaptape {
namespace {

TEST(AddressTable, DoesWhatAMapDoes) {
  std::mt19937_64 random(1);
  AddressTable table;
  std::map<std::uint64_t, std::uint64_t> reference;
  for (int i = 0; i < 300'000; ++i) {
    // Few addresses, so that entries come, go and collide; with both ends of the address space.
    std::uint64_t address = (random() % 4000) * 16;
    if (address < 32) address = address == 0 ? 0 : ~0ull;
    if (random() % 2 == 0) {
      const std::uint64_t value = random();
      const auto found = reference.find(address);
      ASSERT_EQ(table.put(address, value), found == reference.end() ? std::nullopt : std::optional(found->second));
      reference[address] = value;
    } else {
      const auto found = reference.find(address);
      ASSERT_EQ(table.erase(address), found == reference.end() ? std::nullopt : std::optional(found->second));
      if (found != reference.end()) reference.erase(found);
    }
    ASSERT_EQ(table.size(), reference.size());
  }
  for (const auto& [address, value] : reference) {
    ASSERT_EQ(table.erase(address), std::optional(value));
  }
}

TEST(AddressTable, TakesAtMost33BytesPerEntryWhileItGrows) {
  AddressTable table;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    table.put(0x7f00'0000'0000 + i * 48, i);
    if (i < 100) continue;  // the first table is there before its entries
    ASSERT_LE(table.bytes(), 33 * (table.size() + 6));
  }
}

// Addresses of one bucket: what goes past it, and past it again, is found and leaves nothing behind.
TEST(AddressTable, ManyEntriesOfOneBucketComeAndGo) {
  AddressTable table;
  for (int turn = 0; turn < 3; ++turn) {
    std::vector<std::uint64_t> alike;
    for (std::uint64_t i = 1; alike.size() < 600; ++i) {
      // Multiples of the inverse of the hash's factor have small hashes: all are at home in the first bucket.
      const std::uint64_t multiple = i * 0xf1de'83e1'9937'733d;
      alike.push_back(~(multiple ^ multiple >> 32));
    }
    for (const std::uint64_t address : alike) ASSERT_EQ(table.put(address, address + 1), std::nullopt);
    for (const std::uint64_t address : alike) ASSERT_EQ(table.put(address, address + 2), std::optional(address + 1));
    for (const std::uint64_t address : alike) ASSERT_EQ(table.erase(address), std::optional(address + 2));
    for (const std::uint64_t address : alike) ASSERT_EQ(table.erase(address), std::nullopt);
    EXPECT_EQ(table.size(), 0u);
  }
}

TEST(AddressTable, AnswersNothingForWhatIsNotThere) {
  AddressTable table;
  for (const std::uint64_t address : {0ull, 16ull, ~0ull}) EXPECT_EQ(table.erase(address), std::nullopt);
}

TEST(LargeMemory, BeginsAtACacheLineAndIsZeroWhateverItsSize) {
  for (const std::size_t bytes : {1u, 100u, 1000u, 65'552u, (2u << 20) - 1, 2u << 20, (4u << 20) + 5}) {
    const LargeVector<unsigned char> memory(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % 64, 0u) << bytes;
    EXPECT_EQ(std::count(memory.begin(), memory.end(), 0), static_cast<std::ptrdiff_t>(bytes));
  }
}

}  // namespace
}  // namespace heaptape
