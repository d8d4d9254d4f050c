// Whatever a writer makes is whole; whatever becomes of it is told, and where.
#include "format/verify.h"

#include <gtest/gtest.h>

#include "format/contents.h"
#include "format/file_header.h"
#include "format/index.h"
#include "tests/format/forged_tape.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

std::string first_reason(const Verification& result) { return result.faults.empty() ? "" : result.faults[0].reason; }

class Verified : public ::testing::Test {
 protected:
  Verification of(const FileBytes& bytes) const { return verify_tape(folder_.put("x.tape", bytes)); }
  FileBytes made(const Story& story, const WriterOptions& options) const {
    write_tape(folder_.path("made.tape"), story, options);
    const FileBytes bytes = read_bytes(folder_.path("made.tape"));
    std::remove(folder_.path("made.tape").c_str());
    return bytes;
  }
  // The same tape with another index, its checksums right.
  FileBytes with_index(const FileBytes& tape, const std::function<void(TapeIndex&)>& change) const {
    TapeIndex index = TapeContents(folder_.put("good.tape", tape)).index;
    const std::uint64_t offset = trailer_at(tape, tape.size() - kTrailerBytes).value();
    change(index);
    flatbuffers::FlatBufferBuilder builder;
    encode_index(builder, index);
    ForgedTape forged;
    const std::uint64_t header = forged.bytes().size();
    const std::uint64_t place = forged.add(BlockKind::index, Bytes{builder.GetBufferPointer(), builder.GetSize()});
    FileBytes bytes(tape.begin(), tape.begin() + static_cast<std::ptrdiff_t>(offset));
    bytes.insert(bytes.end(), forged.bytes().begin() + static_cast<std::ptrdiff_t>(place), forged.bytes().end());
    const auto trailer = make_trailer(offset, bytes.size() + kTrailerBytes);
    bytes.insert(bytes.end(), trailer.begin(), trailer.end());
    EXPECT_EQ(place, header);
    return bytes;
  }

  TapeFolder folder_;
};

TEST_F(Verified, WhatAWriterMakesIsWhole) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Story story = make_story(seed, 2000);
    story.meta.forked = seed % 3 == 0;
    const Verification result = of(made(story, {.events_per_block = 128}));
    EXPECT_EQ(result.condition, Condition::whole) << first_reason(result);
    EXPECT_EQ(result.events, story.events.size());
    EXPECT_EQ(result.torn_bytes, 0u);
  }
}

TEST_F(Verified, SoIsATapeOfTheNewestPartAndOneWithALimitOfLiveBlocks) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    const Story story = make_exact_story(seed, 8000);
    EXPECT_EQ(first_reason(of(made(story, {.events_per_block = 64, .keep_bytes = 12'000}))), "");
    EXPECT_EQ(first_reason(of(made(make_story(seed, 3000), {.events_per_block = 64, .max_live = 5}))), "");
  }
}

TEST_F(Verified, ATapeCutAnywhereIsCutAndNothingWorse) {
  const FileBytes whole = made(make_story(3, 200), {.events_per_block = 64});
  for (std::size_t size = kHeaderBytes; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const Verification result = of(cut_at(whole, size));
    ASSERT_EQ(result.condition, Condition::cut) << first_reason(result);
    ASSERT_EQ(result.bytes, size);
  }
}

TEST_F(Verified, EveryFlippedBitIsFoundAndItsBlockNamed) {
  const FileBytes whole = made(make_story(4, 60), {.events_per_block = 24});
  for (std::size_t bit = kHeaderBytes * 8; bit < whole.size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    const Verification result = of(flip_bit(whole, bit));
    const bool in_trailer = bit / 8 >= whole.size() - kTrailerBytes;
    ASSERT_NE(result.condition, Condition::whole);
    if (result.faults.empty()) {
      ASSERT_TRUE(in_trailer || bit / 8 >= trailer_at(whole, whole.size() - kTrailerBytes).value());
      continue;
    }
    ASSERT_LE(result.faults[0].offset, bit / 8);
  }
}

TEST_F(Verified, AnIndexThatSaysWhatTheEventsDoNotIsFound) {
  const FileBytes tape = made(make_exact_story(6, 1000), {.events_per_block = 128});
  const auto reason_for = [&](const std::function<void(TapeIndex&)>& change) {
    return first_reason(of(with_index(tape, change)));
  };
  EXPECT_EQ(reason_for([](TapeIndex&) {}), "");
  EXPECT_NE(reason_for([](TapeIndex& index) { ++index.blocks[2].at_end.all.frees; }).find("other totals"),
            std::string::npos);
  EXPECT_NE(reason_for([](TapeIndex& index) { --index.blocks[1].program_max_bytes; }).find("other totals"),
            std::string::npos);
  EXPECT_NE(reason_for([](TapeIndex& index) { index.blocks.pop_back(); }).find("blocks of events"), std::string::npos);
  EXPECT_NE(reason_for([](TapeIndex& index) { index.others.pop_back(); }).find("list the blocks"), std::string::npos);
  EXPECT_NE(reason_for([](TapeIndex& index) { ++index.ledger[Loss::unmatched_frees]; }).find("unmatched_frees"),
            std::string::npos);
  EXPECT_NE(reason_for([](TapeIndex& index) { ++index.threads; }).find("threads"), std::string::npos);
  EXPECT_NE(reason_for([](TapeIndex& index) { index.meta.pid ^= 1; }).find("another recording"), std::string::npos);
}

TEST_F(Verified, CallsOfTheHooksThatAreNeitherEventsNorInTheLedgerAreFound) {
  Story story = make_exact_story(8, 1000);
  std::uint64_t calls = 0;
  for (const Event& event : story.events) calls += event.kind <= EventKind::restored;
  story.calls = {.called = calls + 5, .dropped = 5, .read = calls};
  const FileBytes tape = made(story, {.events_per_block = 128});
  const auto reason_for = [&](const std::function<void(CallCounts&)>& change) {
    return first_reason(of(with_index(tape, [&](TapeIndex& index) { change(*index.calls); })));
  };
  EXPECT_EQ(reason_for([](CallCounts&) {}), "");
  EXPECT_EQ(reason_for([](CallCounts& counts) { ++counts.called; }), "") << "one a thread may have been under way";
  EXPECT_NE(reason_for([](CallCounts& counts) { counts.called += 1000; }).find("have left no trace"),
            std::string::npos);
  EXPECT_NE(reason_for([](CallCounts& counts) { --counts.called; }).find("more calls"), std::string::npos);
  EXPECT_NE(reason_for([](CallCounts& counts) { counts.called = 0; }).find("more calls"), std::string::npos);
  EXPECT_NE(reason_for([](CallCounts& counts) { ++counts.left_out; }).find("more events"), std::string::npos);
  EXPECT_NE(reason_for([](CallCounts& counts) { ++counts.read, ++counts.called; }).find("neither on the tape"),
            std::string::npos);
}

TEST_F(Verified, EventsThatNameWhatIsDefinedBehindThemAreFound) {
  const FileBytes tape = made(make_exact_story(7, 400), {.events_per_block = 64});
  const TapeContents contents(folder_.put("good.tape", tape));
  // The second block of definitions goes behind the events that need it.
  std::vector<StoredBlock> definitions;
  for (const StoredBlock& block : contents.index.others)
    if (block.kind == BlockKind::definitions) definitions.push_back(block);
  ASSERT_GE(definitions.size(), 2u);
  const StoredBlock moved = definitions[1];
  const BlockEntry& after = *std::find_if(contents.index.blocks.begin(), contents.index.blocks.end(),
                                          [&](const BlockEntry& entry) { return entry.offset > moved.offset; });
  const auto at = [&](std::uint64_t offset) { return tape.begin() + static_cast<std::ptrdiff_t>(offset); };
  FileBytes bytes(tape.begin(), at(moved.offset));
  bytes.insert(bytes.end(), at(after.offset), at(after.offset + kBlockHeaderBytes + after.stored_bytes));
  bytes.insert(bytes.end(), at(moved.offset), at(moved.end()));
  const Verification result = of(bytes);
  EXPECT_EQ(result.condition, Condition::damaged);
  EXPECT_NE(first_reason(result).find("unknown"), std::string::npos) << first_reason(result);
}

TEST_F(Verified, BlocksOfALaterVersionAreCountedAndPassedOver) {
  ForgedTape forged;
  const std::uint8_t content[] = {1, 2, 3};
  forged.add(BlockKind{99}, Bytes(content));
  const Verification result = of(forged.bytes());
  EXPECT_EQ(result.condition, Condition::cut);
  EXPECT_EQ(result.unknown_blocks, 1u);
}

}  // namespace
}  // namespace heaptape
