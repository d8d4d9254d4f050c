// What all processors find at once is what a replay finds.
#include "analyzer/whole_costs.h"

#include <gtest/gtest.h>

#include <random>

#include "analyzer/marks_pass.h"
#include "analyzer/selection.h"
#include "analyzer/stack_costs.h"
#include "analyzer/symbols.h"
#include "format/address_model.h"
#include "format/event_fields.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/format/forged_tape.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

bool same(const Costs& a, const Costs& b) {
  for (int cost = 0; cost < kCosts; ++cost)
    if (a.of(static_cast<Cost>(cost)) != b.of(static_cast<Cost>(cost))) return false;
  return a.peak_blocks == b.peak_blocks && a.leaked_blocks == b.leaked_blocks && a.live_blocks == b.live_blocks;
}

// Whether they were found; if so, they are those of a replay.
bool are_found(const TapeReader& tape, Layer layer) {
  const Membership membership(layer, tape.frames(), {});
  const std::uint64_t duration = tape.ending().duration_ns;
  StackCostsPass pass(membership, tape.frames().size());
  CurvePass curve_pass(membership, duration, 23);
  const Selection selection(tape, layer);
  Symbols symbols(tape);
  Sites sites(tape, symbols);
  GrowthPass growth_pass(tape, selection, sites), growth(tape, selection, sites);
  Window window(selection, growth_pass);
  MarksPass marks_pass(tape), marks(tape);
  Pass* const passes[] = {&pass, &curve_pass, &window, &marks_pass};
  static_cast<void>(replay(tape, passes));
  StepCurve curve(duration, 23);
  const auto found = whole_costs(tape, membership, {.curve = &curve, .growth = &growth, .others = &marks});
  if (!found) return false;
  const auto at = [](const MarksPass& all) {
    std::vector<std::pair<std::uint64_t, std::string>> places;
    for (const TimelineReport::Mark& mark : all.marks) places.emplace_back(mark.time_ns, mark.name);
    return places;
  };
  EXPECT_EQ(at(marks), at(marks_pass));
  for (std::uint32_t site = 0; site < sites.size(); ++site)
    EXPECT_EQ(growth.levels(site), growth_pass.levels(site)) << site;
  EXPECT_TRUE(curve.take_steps() == curve_pass.take_steps());
  EXPECT_EQ(found->totals, pass.estimate().totals);
  const CostsByStack expected = pass.costs();
  EXPECT_EQ(found->stacks.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(same(found->stacks[i], expected[i])) << i;
  return true;
}

bool are_found(const Story& story, const WriterOptions& options) {
  const TapeFolder folder;
  write_tape(folder.path("a.tape"), story, options);
  const TapeReader tape(folder.path("a.tape"));
  const bool of_program = are_found(tape, Layer::program);
  return are_found(tape, Layer::all) && of_program;
}

class RandomCosts : public ::testing::TestWithParam<std::uint64_t> {};

// Blocks born in one block of events and released in the same, the next or a far one, by any of a few threads; some
// at once, some never; and releases of what nobody saw born.
TEST_P(RandomCosts, AreThoseOfAReplayInBlocksOfEventsOfAnyLength) {
  std::mt19937_64 random(GetParam());
  const auto below = [&](std::uint64_t most) { return random() % most; };
  for (const std::uint32_t length : {1u, 7u, 64u, 5000u}) {
    TapeMaker maker({.events_per_block = length});
    for (const char* name : {"second", "third"}) static_cast<void>(maker.thread(name));
    std::vector<StackId> stacks;
    for (std::uint64_t i = 0; i < 12; ++i)
      stacks.push_back(i % 3 == 0 ? maker.in_system(0x20000 + i) : maker.in_program(0x2000 + i));
    std::vector<std::uint64_t> live, vacant;
    for (std::uint64_t i = 0; i < 300; ++i) vacant.push_back(0x1000 + i * 64);
    for (int i = 0; i < 3000; ++i) {
      const ThreadId thread{static_cast<std::uint32_t>(below(3))};
      maker.at(static_cast<std::uint64_t>(i) * 7'000);
      const std::uint64_t what = below(100);
      if (what < 50 && !vacant.empty()) {
        std::swap(vacant[below(vacant.size())], vacant.back());
        live.push_back(vacant.back());
        vacant.pop_back();
        maker.birth(live.back(), below(5) == 0 ? 0 : below(1000), stacks[below(stacks.size())], thread);
      } else if (what < 97 && !live.empty()) {
        if (below(3) != 0) std::swap(live[below(live.size())], live.back());
        maker.release(live.back(), thread);
        vacant.push_back(live.back());
        live.pop_back();
      } else if (what == 98) {
        maker.mark("mark " + std::to_string(i));
      } else {
        maker.release(0x90000 + below(4), thread);
      }
    }
    const TapeReader tape = maker.finish();
    EXPECT_TRUE(are_found(tape, Layer::program));
    EXPECT_TRUE(are_found(tape, Layer::all));
  }
}

TEST_P(RandomCosts, OfWhatACorrectProgramDoesAreThoseOfAReplay) {
  Story story = make_orderly_story(GetParam(), 3000);
  std::erase_if(story.events,
                [](const Event& event) { return event.kind == EventKind::restored || event.kind == EventKind::rate; });
  for (Event& event : story.events)
    if (event.kind == EventKind::birth) event.size %= std::uint64_t{1} << 40;
  for (const std::uint32_t length : {5u, 64u, 5000u}) EXPECT_TRUE(are_found(story, {.events_per_block = length}));
}

// Some have sizes that no sum has room for.
TEST_P(RandomCosts, OfAnythingAreThoseOfAReplayOrLeftToIt) {
  are_found(make_story(GetParam(), 2000), {.events_per_block = 64});
  are_found(make_exact_story(GetParam(), 2000), {.events_per_block = 64});
  are_found(make_orderly_story(GetParam(), 2000), {.events_per_block = 64});
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCosts, ::testing::Range<std::uint64_t>(1, 13));

TEST(WholeCosts, OfAnEmptyTapeAreNone) {
  TapeMaker maker;
  EXPECT_TRUE(are_found(maker.finish(), Layer::all));
}

// As no encoder codes it: the release that ends the block as if its birth were an older one's, and the next, of what is
// live no more, by the birth.
TEST(WholeCosts, AreLeftToAReplayWhereAReleaseHidesWhatItEnds) {
  const std::vector<std::uint8_t> kinds{0, 1, 1}, times{0, 5, 90}, threads{0, 3}, addresses{32}, sizes{8}, stacks{0},
      none, birth_codes{AddressModel::kFar}, release_codes{AddressModel::kOlder, 0}, older_units{2};
  ForgedTape forged;
  forged.add_definitions();
  forged.add(BlockKind::events, [&](flatbuffers::FlatBufferBuilder& builder) {
    builder.Finish(fb::CreateEventsDirect(builder, kHabitCoding, 3, 0, 1000, 0, &kinds, &times, &threads, &addresses,
                                          &sizes, &stacks, &none, &birth_codes, &release_codes, &none, &addresses,
                                          &older_units));
  });
  TapeFolder folder;
  const TapeReader tape(folder.put("forged.tape", forged.bytes()));
  ASSERT_TRUE(tape.damage().empty());
  ASSERT_EQ(tape.totals().all.frees, 1u);
  EXPECT_FALSE(are_found(tape, Layer::all));
}

TEST(WholeCosts, AreLeftToAReplayWhereAReallocFailed) {
  TapeMaker maker;
  maker.birth(0x100, 10, maker.in_program(0x2000));
  maker.release(0x100, {}, Function::realloc);
  maker.restored(0x100);
  EXPECT_FALSE(are_found(maker.finish(), Layer::all));
}

}  // namespace
}  // namespace heaptape
