// --max-live: a tape whose live blocks were too many to keep account of gives the same figures as one without a limit.
#include <gtest/gtest.h>

#include "tests/format/naive_accounting.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

void expect_same_figures(const TapeReader& bounded, const TapeReader& whole) {
  EXPECT_EQ(bounded.totals(), whole.totals());
  ASSERT_EQ(bounded.blocks().size(), whole.blocks().size());
  for (std::size_t i = 0; i < whole.blocks().size(); ++i) {
    EXPECT_EQ(bounded.blocks()[i].at_end, whole.blocks()[i].at_end) << i;
    EXPECT_EQ(bounded.blocks()[i].program_max_bytes, whole.blocks()[i].program_max_bytes) << i;
    EXPECT_EQ(bounded.blocks()[i].all_max_bytes, whole.blocks()[i].all_max_bytes) << i;
  }
  Ledger ledger = bounded.ledger();
  ledger[Loss::unaccounted_births] = 0;
  EXPECT_EQ(ledger.counts, whole.ledger().counts);
}

TEST(LiveLimit, FiguresBeyondItAreThoseOfATapeWithoutIt) {
  const TapeFolder folder;
  bool any_beyond = false, any_within = false;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    const Story story = make_story(seed, 1500);
    const std::string bounded = folder.path(std::to_string(seed) + ".tape"), whole = folder.path("whole.tape");
    write_tape(whole, story, {.events_per_block = 100, .overwrite = true});
    write_tape(bounded, story, {.events_per_block = 100, .max_live = 1 + seed * seed});
    const TapeReader reader(bounded);
    EXPECT_EQ(reader.condition(), Condition::whole);
    EXPECT_EQ(all_events(reader), story.events) << "nothing is left out of the tape";
    expect_same_figures(reader, TapeReader(whole));
    EXPECT_EQ(reader.totals(), account_naively(story.events, story.frames).totals);
    (reader.ledger()[Loss::unaccounted_births] != 0 ? any_beyond : any_within) = true;
  }
  EXPECT_TRUE(any_beyond);
  EXPECT_TRUE(any_within);
}

TEST(LiveLimit, ATapeWithinItIsByteForByteTheSame) {
  const TapeFolder folder;
  const Story story = make_story(3, 1000);
  write_tape(folder.path("a.tape"), story);
  write_tape(folder.path("b.tape"), story, {.max_live = 100'000});
  EXPECT_EQ(read_bytes(folder.path("a.tape")), read_bytes(folder.path("b.tape")));
}

TEST(LiveLimit, ADamagedBlockOfABoundedTapeIsListedAndTheOthersAreCounted) {
  const TapeFolder folder;
  const Story story = make_story(9, 1000);
  write_tape(folder.path("a.tape"), story, {.events_per_block = 100, .max_live = 2});
  const std::uint64_t middle = TapeReader(folder.path("a.tape")).blocks().at(4).offset + 40;
  const std::string bad = folder.put("b.tape", flip_bit(read_bytes(folder.path("a.tape")), middle * 8));
  const TapeReader reader(bad);
  EXPECT_EQ(reader.condition(), Condition::damaged);
  EXPECT_EQ(reader.damage().size(), 1u);
  EXPECT_EQ(reader.blocks().size(), 9u);
  EXPECT_EQ(reader.events(), 900u);
}

}  // namespace
}  // namespace heaptape
