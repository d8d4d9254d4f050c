// Blocks come in order, whoever decodes them.
#include "format/block_stream.h"

#include <gtest/gtest.h>

#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

class Streamed : public ::testing::Test {
 protected:
  Streamed() { write_tape(folder_.path("a.tape"), story_, {.events_per_block = 100}); }

  TapeFolder folder_;
  const Story story_ = make_story(5, 5000);
};

TEST_F(Streamed, EveryBlockComesInItsTurn) {
  const TapeReader tape(folder_.path("a.tape"));
  for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{0, 50}, {7, 8}, {10, 50}, {20, 20}}) {
    BlockStream stream(tape, first, last);
    for (std::size_t i = first; i < last; ++i) {
      const DecodedBlock* const block = stream.next();
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(block->first_event, i * 100);
      EXPECT_TRUE(std::equal(block->events.begin(), block->events.end(),
                             story_.events.begin() + static_cast<std::ptrdiff_t>(i * 100)));
    }
    EXPECT_EQ(stream.next(), nullptr);
  }
}

TEST_F(Streamed, ADamagedBlockHasNoEventsAndCostsNoOther) {
  const TapeReader whole(folder_.path("a.tape"));
  const std::size_t bit = (whole.blocks()[3].offset + kBlockHeaderBytes) * 8;
  const TapeReader tape(folder_.put("b.tape", flip_bit(read_bytes(folder_.path("a.tape")), bit)));
  BlockStream stream(tape, 0, tape.blocks().size());
  for (std::size_t i = 0; i < tape.blocks().size(); ++i) EXPECT_EQ(stream.next()->events.empty(), i == 3) << i;
}

TEST_F(Streamed, MayBeLeftAtAnyBlock) {
  const TapeReader tape(folder_.path("a.tape"));
  for (int shown = 0; shown < 5; ++shown) {
    BlockStream stream(tape, 0, tape.blocks().size());
    for (int i = 0; i < shown; ++i) EXPECT_NE(stream.next(), nullptr);
  }
}

}  // namespace
}  // namespace heaptape
