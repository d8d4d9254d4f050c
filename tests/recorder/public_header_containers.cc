// Which blocks each kind of container tells.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory_resource>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <unordered_map>
#include <vector>

#include "fake_recorder.h"

namespace heaptape::fake {
namespace {

using Blocks = std::vector<Owned>;


// Hands out memory and remembers the blocks, so that a test can ask which of them a reading told.
class Witness : public std::pmr::memory_resource {
 public:
  // Each live block is told by at least one pointer, and each pointer lies in a live block.
  testing::AssertionResult agrees_with(const Reading& reading) const {
    std::set<const char*> told;
    for (const Owned& owned : reading.owned) {
      const auto* pointer = static_cast<const char*>(owned.pointer);
      const auto block = std::find_if(live_.begin(), live_.end(), [pointer](const auto& candidate) {
        return candidate.first <= pointer && pointer < candidate.first + candidate.second;
      });
      if (block == live_.end()) return testing::AssertionFailure() << "a pointer that is in no live block";
      told.insert(block->first);
    }
    if (told.size() != live_.size()) {
      return testing::AssertionFailure() << told.size() << " of " << live_.size() << " blocks were told";
    }
    return testing::AssertionSuccess();
  }

 private:
  void* do_allocate(std::size_t bytes, std::size_t) override {
    auto* block = static_cast<char*>(::operator new(bytes));
    live_.emplace(block, bytes);
    return block;
  }
  void do_deallocate(void* block, std::size_t, std::size_t) override {
    live_.erase(static_cast<char*>(block));
    ::operator delete(block);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::map<char*, std::size_t> live_;
};

TEST(OwnedContainers, AnEmptyVectorWithRoomOwnsItsRoom) {
  std::vector<int> numbers;
  EXPECT_EQ(reading_of(numbers).owned, Blocks{});
  numbers.reserve(10);
  EXPECT_EQ(reading_of(numbers).owned, (Blocks{{numbers.data(), 0}}));
}

TEST(OwnedContainers, AVectorOfBitsOwnsOneBlock) {
  EXPECT_EQ(reading_of(std::vector<bool>()).owned, Blocks{});
  const std::vector<bool> bits(100);
  EXPECT_EQ(reading_of(bits).owned, (Blocks{{bits.begin()._M_p, 0}}));
}

TEST(OwnedContainers, NodesAreToldByTheirElements) {
  const std::list<int> list{1, 2};
  EXPECT_EQ(reading_of(list).owned, (Blocks{{&list.front(), 0}, {&list.back(), 0}}));
  const std::map<int, std::string> map{{1, kLong}, {2, "short"}};
  EXPECT_EQ(reading_of(map).owned, (Blocks{{&*map.find(1), 0}, {&*map.find(2), 0}, {map.at(1).data(), 0}}));
}

TEST(OwnedContainers, EveryBlockOfANodeContainerIsTold) {
  Witness witness;
  {
    std::pmr::forward_list<int> chain({1, 2, 3}, &witness);
    EXPECT_TRUE(witness.agrees_with(reading_of(chain)));
  }
  {
    std::pmr::set<std::pmr::string> words({"short", std::pmr::string(kLong)}, &witness);
    EXPECT_TRUE(witness.agrees_with(reading_of(words)));
  }
}

TEST(OwnedContainers, EveryBlockOfADequeIsTold) {
  Witness witness;
  std::pmr::deque<int> deque(&witness);
  EXPECT_TRUE(witness.agrees_with(reading_of(deque))) << "an empty one has blocks too";
  for (int number = 0; number < 1000; ++number) {
    deque.push_back(number);
    ASSERT_TRUE(witness.agrees_with(reading_of(deque))) << number;
  }
  for (int number = 0; number < 700; ++number) deque.pop_front();
  EXPECT_TRUE(witness.agrees_with(reading_of(deque)));
}

TEST(OwnedContainers, AHashedContainerOwnsItsBucketsToo) {
  std::unordered_map<int, int> map;
  EXPECT_EQ(reading_of(map).owned, Blocks{}) << "the first bucket lies inside the object";
  const std::size_t before = allocations();
  map = {{1, 1}, {2, 2}};
  const std::size_t made = allocations() - before;
  EXPECT_EQ(made, 3U);
  EXPECT_EQ(reading_of(map).owned.size(), made);
}

TEST(OwnedContainers, AdaptersTellTheirContainer) {
  std::stack<std::string, std::vector<std::string>> stack;
  stack.push(kLong);
  EXPECT_EQ(reading_of(stack).owned, (Blocks{{&stack.top(), 0}, {stack.top().data(), 0}}));
  std::priority_queue<int> queue;
  queue.push(1);
  EXPECT_EQ(reading_of(queue).owned, (Blocks{{&queue.top(), 0}}));
}

TEST(OwnedContainers, AReadingOfExactlyTheLimitIsWhole) {
  const std::list<int> list(blocks::kMostBlocks);
  const Reading reading = reading_of(list);
  EXPECT_EQ(reading.owned.size(), blocks::kMostBlocks);
  EXPECT_EQ(reading.left_out, 0U);
}

TEST(OwnedContainers, AReadingBeyondTheLimitTellsThatItWasCut) {
  const Reading nodes = reading_of(std::list<int>(blocks::kMostBlocks + 1));
  EXPECT_EQ(nodes.owned.size(), blocks::kMostBlocks);
  EXPECT_GE(nodes.left_out, 1U);
  const Reading nested = reading_of(std::vector<std::string>(blocks::kMostBlocks, kLong));
  EXPECT_EQ(nested.owned.size(), blocks::kMostBlocks);
  EXPECT_GE(nested.left_out, 1U);
}

}  // namespace
}  // namespace heaptape::fake
