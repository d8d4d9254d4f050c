// Addresses by habit: what allocators do is coded small, whatever anyone does is read as it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "format/address_model.h"
#include "format/event_fields.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

// An allocator with a stack of free blocks for each size and thread, fresh memory behind, and large blocks far away.
class Simulated {
 public:
  std::uint64_t allocate(std::uint32_t thread, std::uint64_t size) {
    const std::uint64_t bytes = (size + 31) / 16 * 16;
    std::vector<std::uint64_t>& stack = free_[{thread, bytes}];
    if (stack.empty()) {
      std::uint64_t& next = bytes > 100'000 ? large_ : fresh_;
      next += bytes;
      return next - bytes;
    }
    const std::uint64_t address = stack.back();
    stack.pop_back();
    return address;
  }
  void release(std::uint32_t thread, std::uint64_t address, std::uint64_t size) {
    free_[{thread, (size + 31) / 16 * 16}].push_back(address);
  }

 private:
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<std::uint64_t>> free_;
  std::uint64_t fresh_ = 0x5555'0000'0010, large_ = 0x7f00'0000'0010;
};

// A program that keeps some blocks for long and most for a moment. `alignment_off`: of its addresses, from 16.
std::vector<Event> program(std::uint64_t seed, std::size_t count, std::uint64_t alignment_off) {
  std::mt19937_64 random(seed);
  Simulated allocator;
  struct Block {
    std::uint64_t address, size;
  };
  std::vector<Block> live;
  std::vector<Event> events;
  while (events.size() < count) {
    const ThreadId thread{static_cast<std::uint32_t>(random() % 3)};
    if (live.size() < 10 || random() % 2 == 0) {
      const std::uint64_t size = random() % 50 == 0 ? 200'000 + random() % 1000 : 8 + random() % 200;
      const std::uint64_t address =
          allocator.allocate(static_cast<std::uint32_t>(thread), size) + random() % (alignment_off + 1);
      live.push_back({address, size});
      events.push_back({.address = address, .size = size, .thread = thread});
    } else {
      const std::size_t back = std::min<std::size_t>(live.size(), random() % 3 == 0 ? live.size() : 20);
      const auto block = live.end() - 1 - static_cast<std::ptrdiff_t>(random() % back);
      events.push_back({.address = block->address, .thread = thread, .kind = EventKind::release});
      allocator.release(static_cast<std::uint32_t>(thread), block->address, block->size);
      live.erase(block);
    }
  }
  return events;
}

std::uint64_t write(const std::string& path, std::vector<Event> events, const WriterOptions& options) {
  TapeWriter writer(path, Meta{}, options);
  for (std::uint32_t tid : {1, 2, 3}) writer.define(Thread{tid, ""});
  writer.append(events);
  writer.finish({}, {});
  return writer.bytes();
}

TEST(Addresses, AreReadAsTheyWereInBlocksOfAnyLength) {
  const TapeFolder folder;
  for (const std::uint64_t alignment_off : {0, 1, 15})
    for (const std::uint32_t length : {1u, 2u, 17u, 1000u, 100'000u}) {
      SCOPED_TRACE(length);
      const std::vector<Event> events = program(length, 20'000, alignment_off);
      write(folder.path("a.tape"), events, {.events_per_block = length, .overwrite = true});
      const TapeReader reader(folder.path("a.tape"));
      EXPECT_EQ(reader.condition(), Condition::whole);
      EXPECT_EQ(all_events(reader), events);
    }
}

// More births in one block than the encoder has numbers for, all released in an order that no rank foresees.
TEST(Addresses, OfManyBlocksReleasedAtRandomAreReadAsTheyWere) {
  const TapeFolder folder;
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < 100'000; ++i) events.push_back({.address = 0x1000 + i * 48, .size = 40});
  std::vector<Event> ends = events;
  for (Event& end : ends) {
    end.size = 0;
    end.kind = EventKind::release;
  }
  std::shuffle(ends.begin(), ends.end(), std::mt19937_64(1));
  events.insert(events.end(), ends.begin(), ends.end());
  write(folder.path("a.tape"), events, {.events_per_block = kMaxEventsPerBlock});
  EXPECT_EQ(all_events(TapeReader(folder.path("a.tape"))), events);
}

TEST(Addresses, OfAnAllocatorThatReusesItsBlocksTakeNextToNothing) {
  const TapeFolder folder;
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const std::uint64_t depth = i % 10;
    for (std::uint64_t at = 0; at < depth; ++at) events.push_back({.address = 0x5555'0000'0010 + at * 4096, .size = 24});
    for (std::uint64_t at = depth; at-- > 0;)
      events.push_back({.address = 0x5555'0000'0010 + at * 4096, .kind = EventKind::release});
  }
  EXPECT_LT(write(folder.path("a.tape"), events, {}), events.size() / 100);
}

TEST(RecentAddresses, AreFoundByRankAsInAListThatIsSearchedFromItsNewestEnd) {
  struct Item {
    std::uint64_t address;
  };
  std::mt19937_64 random(4);
  Recent<Item> recent;
  std::vector<std::uint64_t> naive;  // newest first
  for (int i = 0; i < 100'000; ++i) {
    // Few addresses, some of which agree in the bits that are compared first.
    const std::uint64_t address = (random() % 24) * 16 + (random() % 3 << 40) + random() % 2;
    const auto found = std::find(naive.begin(), naive.end(), address);
    const std::uint32_t rank = recent.find(address);
    ASSERT_EQ(rank, found == naive.end() ? Recent<Item>::kMost : static_cast<std::uint32_t>(found - naive.begin()));
    if (found != naive.end() && random() % 4 != 0) {
      recent.remove(rank);
      naive.erase(found);
    } else {
      recent.push({address});
      naive.insert(naive.begin(), address);
      if (naive.size() > Recent<Item>::kMost) naive.pop_back();
    }
    ASSERT_EQ(recent.size(), naive.size());
  }
}

}  // namespace
}  // namespace heaptape
