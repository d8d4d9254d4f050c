// A tape cut at every byte, and with every bit flipped.
#include <gtest/gtest.h>

#include <algorithm>

#include "format/block.h"
#include "format/file_header.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

// Small, yet with several blocks of events and definitions between them.
constexpr std::size_t kEvents = 48;
constexpr std::uint32_t kEventsPerBlock = 12;

class Damaged : public ::testing::Test {
 protected:
  void SetUp() override {
    story = make_story(1, kEvents);
    write_tape(folder.path("whole.tape"), story, {.events_per_block = kEventsPerBlock});
    whole = read_bytes(folder.path("whole.tape"));
  }

  // Runs of the story's events that lie whole before `size` bytes.
  std::size_t events_before(std::size_t size) const {
    const TapeReader reader(folder.path("whole.tape"));
    std::size_t events = 0;
    for (const BlockEntry& block : reader.blocks()) {
      if (block.offset + kBlockHeaderBytes + block.stored_bytes <= size) events += block.events;
    }
    return events;
  }

  TapeFolder folder;
  Story story;
  FileBytes whole;
};

TEST_F(Damaged, CutAtEveryByteIsReadToTheLastWholeBlock) {
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const std::string path = folder.put("cut.tape", cut_at(whole, size));
    try {
      const TapeReader reader(path);
      ASSERT_EQ(reader.condition(), Condition::cut);
      ASSERT_TRUE(reader.damage().empty());
      const std::vector<Event> events = all_events(reader);
      ASSERT_EQ(events.size(), events_before(size));
      ASSERT_TRUE(std::equal(events.begin(), events.end(), story.events.begin()));
    } catch (const TapeError& error) {
      ASSERT_LT(size, kHeaderBytes) << error.what();
      ASSERT_EQ(error.reason, size == 0 ? TapeError::Reason::empty : TapeError::Reason::damaged);
    }
  }
}

// Whether `found` is `told` with whole blocks left out.
bool is_told_but_for_whole_blocks(const std::vector<Event>& found, const std::vector<Event>& told) {
  std::size_t at = 0;
  for (std::size_t begin = 0; begin < told.size(); begin += kEventsPerBlock) {
    const std::size_t length = std::min<std::size_t>(kEventsPerBlock, told.size() - begin);
    if (found.size() - at < length) continue;
    const auto block = told.begin() + static_cast<std::ptrdiff_t>(begin);
    if (std::equal(block, block + static_cast<std::ptrdiff_t>(length), found.begin() + static_cast<std::ptrdiff_t>(at)))
      at += length;
  }
  return at == found.size();
}

// Kind of the block that byte `offset` of a whole tape lies in; 0: its header or trailer.
BlockKind kind_at(const FileBytes& tape, std::size_t offset) {
  for (std::uint64_t at = kHeaderBytes;;) {
    const auto block = block_at(tape, at);
    if (!block || offset < at) return BlockKind{0};
    if (offset < block->end()) return block->kind;
    at = block->end();
  }
}

TEST_F(Damaged, EveryFlippedBitIsNoticedAndCostsNoOtherBlockOfEvents) {
  constexpr std::size_t kBlocks = kEvents / kEventsPerBlock;
  for (std::size_t bit = kHeaderBytes * 8; bit < whole.size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    const TapeReader reader(folder.put("flipped.tape", flip_bit(whole, bit)));
    DecodedBlock block;
    std::vector<Event> all;
    std::size_t read = 0;
    for (std::size_t i = 0; i < reader.blocks().size(); ++i) {
      if (!reader.decode(i, block)) continue;
      ++read;
      all.insert(all.end(), block.events.begin(), block.events.end());
    }
    ASSERT_TRUE(is_told_but_for_whole_blocks(all, story.events));
    switch (kind_at(whole, bit / 8)) {
      case BlockKind::events:
        ASSERT_EQ(read, kBlocks - 1);
        break;
      case BlockKind::definitions:  // events that need them can't be read either
        ASSERT_EQ(reader.condition(), Condition::damaged);
        break;
      default:
        ASSERT_EQ(reader.condition(), Condition::damaged);
        ASSERT_EQ(read, kBlocks);
        ASSERT_EQ(reader.meta().program, story.meta.program);
    }
  }
}

TEST_F(Damaged, EveryFlippedBitOfACutTapeIsNoticedToo) {
  const FileBytes cut = cut_at(whole, whole.size() - kTrailerBytes - 1);
  for (std::size_t bit = kHeaderBytes * 8; bit < cut.size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    const TapeReader reader(folder.put("flipped.tape", flip_bit(cut, bit)));
    ASSERT_NE(reader.condition(), Condition::whole);
    ASSERT_TRUE(is_told_but_for_whole_blocks(all_events(reader), story.events));
    if (kind_at(whole, bit / 8) == BlockKind::events) {
      ASSERT_EQ(reader.condition(), Condition::damaged);
      ASSERT_EQ(reader.events(), kEvents - kEventsPerBlock);
    }
  }
}

TEST_F(Damaged, EveryFlippedBitOfTheHeaderIsRefused) {
  for (std::size_t bit = 0; bit < kHeaderBytes * 8; ++bit) {
    SCOPED_TRACE(bit);
    try {
      const TapeReader reader(folder.put("flipped.tape", flip_bit(whole, bit)));
      FAIL() << "was read";
    } catch (const TapeError& error) {
      ASSERT_EQ(error.reason, bit < 64 ? TapeError::Reason::not_a_tape : TapeError::Reason::damaged);
    }
  }
}

TEST_F(Damaged, TapeWithoutAnEndGivesTheSameFigures) {
  const TapeReader finished(folder.path("whole.tape"));
  {
    TapeWriter writer(folder.path("unfinished.tape"), story.meta, {.events_per_block = kEventsPerBlock});
    tell(story, writer);
  }
  const TapeReader cut(folder.path("unfinished.tape"));
  EXPECT_EQ(cut.condition(), Condition::cut);
  EXPECT_EQ(cut.ending().kind, EndKind::unknown);
  EXPECT_EQ(cut.meta().program, story.meta.program);
  EXPECT_EQ(cut.totals(), finished.totals());
  EXPECT_EQ(cut.ledger().counts, finished.ledger().counts);
  EXPECT_EQ(cut.events(), finished.events());
  ASSERT_EQ(cut.blocks().size(), finished.blocks().size());
  for (std::size_t i = 0; i < cut.blocks().size(); ++i) {
    EXPECT_EQ(cut.blocks()[i].at_end, finished.blocks()[i].at_end);
    EXPECT_EQ(cut.blocks()[i].all_max_bytes, finished.blocks()[i].all_max_bytes);
    EXPECT_EQ(cut.blocks()[i].program_max_bytes, finished.blocks()[i].program_max_bytes);
    EXPECT_EQ(cut.blocks()[i].begin_ns, finished.blocks()[i].begin_ns);
  }
}

TEST_F(Damaged, BlockLostBeforeACutTailIsListedWithItsPlace) {
  const TapeReader reader(folder.path("whole.tape"));
  const BlockEntry& second = reader.blocks()[1];
  FileBytes bytes = cut_at(whole, whole.size() - 1);
  bytes = cut_at(flip_bit(bytes, (second.offset + kBlockHeaderBytes + 6) * 8), reader.blocks()[3].offset + 5);
  const TapeReader damaged(folder.put("a.tape", bytes));
  EXPECT_EQ(damaged.condition(), Condition::damaged);
  ASSERT_EQ(damaged.damage().size(), 1u);
  EXPECT_EQ(damaged.damage()[0].offset, second.offset);
  EXPECT_EQ(damaged.events(), 2u * kEventsPerBlock);
}

TEST_F(Damaged, BytesBehindTheEndAreListed) {
  FileBytes bytes = whole;
  bytes.insert(bytes.end(), {'x', 'y', 'z'});
  const TapeReader reader(folder.put("a.tape", bytes));
  EXPECT_EQ(reader.condition(), Condition::damaged);
  EXPECT_EQ(all_events(reader), story.events);
  EXPECT_EQ(reader.ending().kind, EndKind::exited);
}

TEST_F(Damaged, BlockOverwrittenWithZerosCostsOnlyItself) {
  const TapeReader reader(folder.path("whole.tape"));
  const BlockEntry& second = reader.blocks()[1];
  FileBytes bytes = cut_at(whole, whole.size() - 1);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(second.offset), kBlockHeaderBytes + second.stored_bytes,
              std::uint8_t{0});
  const TapeReader damaged(folder.put("a.tape", bytes));
  EXPECT_EQ(damaged.condition(), Condition::damaged);
  EXPECT_EQ(all_events(damaged).size(), kEvents - kEventsPerBlock);
}

}  // namespace
}  // namespace heaptape
