// Which blocks each kind of owner tells: strings, pointers, parts, types that were taught.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "fake_recorder.h"

namespace heaptape::fake {

// Taught from outside, as one would teach a type of another library.
struct Arena {
  char* memory;
  std::vector<std::string> names;
};
inline void heaptape_owned(const Arena& arena, blocks& found) {
  found.owns(arena.memory);
  found.visit(arena.names);
}

// Taught from inside; a list as long as one likes, or a ring.
struct Node {
  std::shared_ptr<Node> next;
  friend void heaptape_owned(const Node& node, blocks& found) { found.visit(node.next); }
};

class Hidden;  // never complete here

namespace {

using Blocks = std::vector<Owned>;


const void* control_block(const void* shared_pointer) { return static_cast<const void* const*>(shared_pointer)[1]; }

TEST(Owned, PlainValuesPointersViewsAndSpansOwnNothing) {
  int number = 1;
  EXPECT_EQ(reading_of(number).owned, Blocks{});
  EXPECT_EQ(reading_of(&number).owned, Blocks{});
  EXPECT_EQ(reading_of(std::string_view(kLong)).owned, Blocks{});
  EXPECT_EQ(reading_of(std::span(&number, 1)).owned, Blocks{});
  EXPECT_EQ(reading_of("a literal").owned, Blocks{});
}

TEST(Owned, AShortStringOwnsNothingALongOneItsText) {
  EXPECT_EQ(reading_of(std::string("short")).owned, Blocks{});
  EXPECT_EQ(reading_of(kLong).owned, (Blocks{{kLong.data(), 0}}));
}

TEST(Owned, NestedOwnersAreVisitedFromOutsideIn) {
  const std::vector<std::string> words{"short", kLong, std::string(50, 'y')};
  EXPECT_EQ(reading_of(words).owned, (Blocks{{words.data(), 0}, {words[1].data(), 0}, {words[2].data(), 0}}));
  const auto boxed = std::make_unique<std::vector<std::string>>(words);
  EXPECT_EQ(reading_of(boxed).owned,
            (Blocks{{boxed.get(), 0}, {boxed->data(), 0}, {(*boxed)[1].data(), 0}, {(*boxed)[2].data(), 0}}));
}

TEST(Owned, UniquePointersTellTheirTarget) {
  EXPECT_EQ(reading_of(std::unique_ptr<int>()).owned, Blocks{});
  const auto array = std::make_unique<std::string[]>(3);
  EXPECT_EQ(reading_of(array).owned, (Blocks{{array.get(), 0}}));
  const auto free_it = [](int* pointer) { delete pointer; };
  const std::unique_ptr<int, decltype(free_it)> own_deleter(new int(1), free_it);
  EXPECT_EQ(reading_of(own_deleter).owned, (Blocks{{own_deleter.get(), 0}}));
}

TEST(Owned, APointerToAnUnknownTypeTellsThePointerAlone) {
  int stands_for_hidden = 0;
  const auto nothing = [](const void*) {};
  const std::shared_ptr<const void> untyped(&stands_for_hidden, nothing);
  EXPECT_EQ(reading_of(untyped).owned, (Blocks{{untyped.get(), 1}, {control_block(&untyped), 1}}));
  const std::unique_ptr<Hidden, void (*)(Hidden*)> hidden(reinterpret_cast<Hidden*>(&stands_for_hidden),
                                                          [](Hidden*) {});
  EXPECT_EQ(reading_of(hidden).owned, (Blocks{{hidden.get(), 0}}));
}

TEST(Owned, SharedPointersTellTargetAndControlBlockWithTheUseCount) {
  const auto one = std::make_shared<std::vector<int>>(3, 7);
  EXPECT_EQ(reading_of(one).owned, (Blocks{{one.get(), 1}, {control_block(&one), 1}, {one->data(), 0}}));
  const auto clone = one;
  EXPECT_EQ(reading_of(one).owned, (Blocks{{one.get(), 2}, {control_block(&one), 2}, {one->data(), 0}}));
  EXPECT_EQ(reading_of(clone).owned, reading_of(one).owned);
  EXPECT_EQ(reading_of(std::shared_ptr<int>()).owned, Blocks{});
}

TEST(Owned, APartIsToldOnlyWhileItIsThere) {
  std::optional<std::string> perhaps;
  EXPECT_EQ(reading_of(perhaps).owned, Blocks{});
  perhaps = kLong;
  EXPECT_EQ(reading_of(perhaps).owned, (Blocks{{perhaps->data(), 0}}));
  std::variant<int, std::string> either = 1;
  EXPECT_EQ(reading_of(either).owned, Blocks{});
  either = kLong;
  EXPECT_EQ(reading_of(either).owned, (Blocks{{std::get<1>(either).data(), 0}}));
}

TEST(Owned, ArraysPairsAndTuplesTellTheirParts) {
  const std::string plain[2] = {kLong, "short"};
  EXPECT_EQ(reading_of(plain).owned, (Blocks{{plain[0].data(), 0}}));
  const std::array<std::string, 2> array{"short", kLong};
  EXPECT_EQ(reading_of(array).owned, (Blocks{{array[1].data(), 0}}));
  const std::pair<int, std::string> pair{1, kLong};
  EXPECT_EQ(reading_of(pair).owned, (Blocks{{pair.second.data(), 0}}));
  const std::tuple<std::string, const std::string&> tuple{kLong, kLong};
  EXPECT_EQ(reading_of(tuple).owned, (Blocks{{std::get<0>(tuple).data(), 0}})) << "a reference owns nothing";
}

TEST(Owned, ATypeThatWasTaughtTellsWhatItWasTaught) {
  char memory[8];
  const Arena arena{memory, {kLong}};
  EXPECT_EQ(reading_of(arena).owned, (Blocks{{memory, 0}, {arena.names.data(), 0}, {arena.names[0].data(), 0}}));
  const std::map<int, Arena> arenas{{1, arena}};
  EXPECT_EQ(reading_of(arenas).owned.size(), 4U) << "a taught type counts inside a container too";
}

TEST(Owned, ARingOfSharedPointersEndsAtTheDepthLimit) {
  const auto first = std::make_shared<Node>();
  first->next = std::make_shared<Node>();
  first->next->next = first;
  const Reading reading = reading_of(first);
  EXPECT_GE(reading.left_out, 1U);
  EXPECT_LE(reading.owned.size(), 2 * blocks::kDeepest);
  first->next->next = nullptr;
}

TEST(Owned, ReadingAllocatesNothing) {
  const std::map<std::string, std::vector<std::shared_ptr<std::string>>> deep{
      {kLong, {std::make_shared<std::string>(kLong), nullptr}}, {"short", {}}};
  const Reading reading = reading_of(deep);
  EXPECT_EQ(reading.owned.size(), 7U);
  EXPECT_EQ(reading.allocations, 0U);
}

}  // namespace
}  // namespace heaptape::fake
