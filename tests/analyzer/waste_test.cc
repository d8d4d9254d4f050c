// What is wasted: against glibc itself, and against naive readings of random events.
#include <gtest/gtest.h>
#include <malloc.h>

#include <map>
#include <random>
#include <set>

#include "analyzer/kept_pages.h"
#include "analyzer/waste.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/support/sanitized.h"

namespace heaptape {
namespace {

WasteReport wasted(TapeMaker& maker) {
  const TapeReader tape = maker.finish();
  Symbols symbols(tape);
  return waste(tape, Layer::all, symbols);
}

TEST(Waste, RoundsAsGlibcDoes) {
  if (heaptape::testing::kSanitized) GTEST_SKIP() << "the sanitizer's malloc is not glibc's";
  std::uint64_t blocks = 0, whole = 0;
  for (std::size_t size = 0; size < 100'000; size += size < 5'000 ? 1 : 997, ++blocks) {
    void* const block = malloc(size);
    // Where it was cut from a chunk that left too little for another one, it has that too.
    const std::uint64_t more = malloc_usable_size(block) - usable_by_glibc(size);
    ASSERT_TRUE(more == 0 || more == 16) << size;
    whole += more == 0;
    free(block);
  }
  EXPECT_GT(whole, blocks / 2);
  EXPECT_EQ(usable_by_glibc(UINT64_MAX), UINT64_MAX) << "a tape may say anything";
}

TEST(Waste, CountsTheBytesThatReallocMovesAndTheChainsThatTheyMake) {
  TapeMaker maker;
  const StackId site = maker.in_program(0x2000);
  const auto realloc_to = [&](std::uint64_t from, std::uint64_t to, std::uint64_t size) {
    maker.release(from, {}, Function::realloc);
    Event born{.address = to, .size = size, .stack = site, .kind = EventKind::birth};
    born.function = Function::realloc;
    maker.event(born);
  };
  maker.birth(0x1000, 100, site);
  realloc_to(0x1000, 0x1000, 150);  // in place
  realloc_to(0x1000, 0x2000, 300);  // 150 bytes move
  realloc_to(0x2000, 0x3000, 20);   // 20 do
  maker.release(0x3000, {}, Function::realloc);
  maker.restored(0x3000);          // could not be had
  realloc_to(0x3000, 0x4000, 50);  // 20 again
  maker.release(0x4000);
  maker.birth(0x4000, 10, site);  // no resizing
  const WasteReport report = wasted(maker);
  EXPECT_EQ(report.total.resized, 4u);
  EXPECT_EQ(report.total.moved, 3u);
  EXPECT_EQ(report.total.moved_bytes, 190u);
  EXPECT_EQ(report.total.longest_chain, 4u);
  EXPECT_EQ(report.total.allocations, 6u);
}

TEST(Waste, AStormIsManyBlocksOfOneSizeFromOnePlaceInQuickSuccession) {
  TapeMaker maker;
  const StackId pooled = maker.in_program(0x2000), varied = maker.in_program(0x3000), slow = maker.in_program(0x4000);
  std::uint64_t now = 0;
  for (std::uint64_t i = 0; i < 2 * WasteReport::kStorm; ++i) {
    maker.at(now += 10'000);
    maker.birth(0x10'0000 + 0x100 * i, 48, pooled);
    if (i % 2 == 1) maker.release(0x10'0000 + 0x100 * i);
    maker.birth(0x90'0000, 16 + i % 2, varied);
    maker.release(0x90'0000);
  }
  for (std::uint64_t i = 0; i < WasteReport::kStorm; ++i) {
    maker.at(now += 2 * WasteReport::kStormGap_ns);
    maker.birth(0xa0'0000, 48, slow);
    maker.release(0xa0'0000);
  }
  const WasteReport report = wasted(maker);
  EXPECT_EQ(report.total.in_storms, 2 * WasteReport::kStorm);
  EXPECT_EQ(report.total.storm, 2 * WasteReport::kStorm);
  EXPECT_EQ(report.total.storm_size, 48u);
  EXPECT_EQ(report.total.storm_live, WasteReport::kStorm + 1);
  EXPECT_EQ(report.total.storm_ns, (2 * WasteReport::kStorm - 1) * 10'000);
}

TEST(Waste, OfATapeWithoutEventsIsNothing) {
  TapeMaker maker;
  const WasteReport report = wasted(maker);
  EXPECT_TRUE(report.steps.empty());
  EXPECT_TRUE(report.sites.empty());
  EXPECT_EQ(report.total.allocations, 0u);
}

// Addresses may overlap and wrap: a tape is untrusted.
TEST(KeptPages, OfBlocksAnywhereComeAndGo) {
  KeptPages pages;
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < 10'000; ++i) pages.add(i << 27, 1);  // more stretches than it keeps
    EXPECT_EQ(pages.page_bytes(), 10'000u * 4096);
    EXPECT_EQ(pages.span_bytes(), pages.page_bytes());
    pages.add(UINT64_MAX, UINT64_MAX);
    pages.add(UINT64_MAX - 5, 100);
    pages.remove(UINT64_MAX - 5, 100);
    pages.remove(UINT64_MAX, UINT64_MAX);
    for (std::uint64_t i = 0; i < 10'000; ++i) pages.remove(i << 27, 1);
    EXPECT_EQ(pages.page_bytes(), 0u);
    EXPECT_EQ(pages.span_bytes(), 0u);
  }
}

class RandomHeaps : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomHeaps, KeepThePagesThatANaiveReadingFinds) {
  std::mt19937_64 random(GetParam());
  TapeMaker maker;
  const StackId site = maker.in_program(0x2000);
  std::map<std::uint64_t, std::uint64_t> live;
  std::uint64_t peak = 0, peak_pages = 0, zero = 0, rounding = 0;
  const auto pages_of = [&] {
    std::set<std::uint64_t> pages;
    for (const auto& [address, size] : live)
      for (std::uint64_t page = address / 4096; page <= (address + std::max<std::uint64_t>(size, 1) - 1) / 4096; ++page)
        pages.insert(page);
    return pages.size() * 4096;
  };
  for (std::uint64_t i = 0; i < 3000; ++i) {
    maker.at(i * 10'000);
    const std::uint64_t place = 0x5000'0000 + 0x2340 * (random() % 300);
    if (live.erase(place) != 0) {
      maker.release(place);
      continue;
    }
    const std::uint64_t size = random() % 3 == 0 ? random() % 0x2340 : random() % 64;
    maker.birth(place, live[place] = size, site);
    zero += size == 0;
    rounding += usable_by_glibc(size) - size;
    std::uint64_t bytes = 0;
    for (const auto& [address, held] : live) bytes += held;
    if (bytes <= peak) continue;
    peak = bytes;
    peak_pages = pages_of();
  }
  std::uint64_t bytes = 0;
  for (const auto& [address, held] : live) bytes += held;
  const WasteReport report = wasted(maker);
  EXPECT_EQ(report.at_peak.live_bytes, peak);
  EXPECT_EQ(report.at_peak.page_bytes, peak_pages);
  ASSERT_FALSE(report.steps.empty());
  EXPECT_LE(report.steps.size(), WasteReport::kSteps);
  EXPECT_EQ(report.steps.back().live_bytes, bytes);
  EXPECT_EQ(report.steps.back().live_blocks, live.size());
  EXPECT_EQ(report.steps.back().page_bytes, pages_of());
  EXPECT_EQ(report.steps.back().span_bytes,
            (live.rbegin()->first + std::max<std::uint64_t>(live.rbegin()->second, 1) - 1) / 4096 * 4096 -
                live.begin()->first / 4096 * 4096 + 4096);
  EXPECT_EQ(report.total.zero_length, zero);
  EXPECT_EQ(report.total.rounding_bytes, rounding);
  std::uint64_t births = 0;
  for (const WasteReport::Step& step : report.steps) births += step.births;
  EXPECT_EQ(births, report.total.allocations);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomHeaps, ::testing::Range(0u, 10u));

}  // namespace
}  // namespace heaptape
