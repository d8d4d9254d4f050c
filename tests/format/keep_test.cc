// Tapes that keep their newest part: their figures are those of the whole run.
#include <gtest/gtest.h>

#include <filesystem>

#include "format/keeper.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"
#include "tests/support/sanitized.h"

namespace heaptape {
namespace {

constexpr std::uint64_t kKept = 12'000;
constexpr std::uint32_t kBlockLength = 64;

class Kept : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Kept() {
    story_ = make_exact_story(GetParam(), 8000);
    story_.meta.forked = GetParam() % 5 == 0;
    write_tape(folder_.path("whole.tape"), story_, {.events_per_block = kBlockLength});
    write_tape(folder_.path("kept.tape"), story_, {.events_per_block = kBlockLength, .keep_bytes = kKept});
  }

  void expect_same_figures(const TapeReader& kept) const {
    const TapeReader whole(folder_.path("whole.tape"));
    EXPECT_EQ(kept.totals(), whole.totals());
    EXPECT_EQ(kept.events(), whole.events());
    EXPECT_GT(kept.opening().events, 0u);
    EXPECT_EQ(kept.ledger()[Loss::aggregated_events], kept.opening().events);
    for (int i = 0; i < kLosses; ++i) {
      const auto loss = static_cast<Loss>(i);
      if (loss != Loss::aggregated_events) {
        EXPECT_EQ(kept.ledger()[loss], whole.ledger()[loss]) << name_of(loss);
      }
    }
    const std::vector<Event> events = all_events(kept);
    ASSERT_EQ(kept.opening().events + events.size(), story_.events.size());
    EXPECT_EQ(events, std::vector<Event>(story_.events.end() - static_cast<std::ptrdiff_t>(events.size()),
                                         story_.events.end()));
  }

  TapeFolder folder_;
  Story story_;
};

TEST_P(Kept, TheNewestEventsAndTheFiguresOfAllAreThere) {
  const TapeReader kept(folder_.path("kept.tape"));
  EXPECT_EQ(kept.condition(), Condition::whole);
  expect_same_figures(kept);
  EXPECT_EQ(kept.threads().size(), story_.threads.size());
  EXPECT_FALSE(std::filesystem::exists(folder_.path("kept.tape") + kDraftSuffix));
}

TEST_P(Kept, WithoutAnIndexTheFiguresAreTheSame) {
  const FileBytes bytes = read_bytes(folder_.path("kept.tape"));
  const TapeReader kept(folder_.put("cut.tape", cut_at(bytes, bytes.size() - 33)));
  EXPECT_EQ(kept.condition(), Condition::cut);
  expect_same_figures(kept);
}

TEST_P(Kept, TheFileIsNeverLargerThanItsSizeByMoreThanItsLastBlocks) {
  const std::string path = folder_.path("growing.tape");
  TapeWriter writer(path, story_.meta, {.events_per_block = kBlockLength, .overwrite = true, .keep_bytes = kKept});
  Story part = story_;
  for (std::size_t i = 0; i < story_.modules.size(); ++i) writer.define(story_.modules[i]);
  for (std::size_t i = 1; i < story_.frames.size(); ++i) writer.define(story_.frames[i]);
  for (const Thread& thread : story_.threads) writer.define(thread);
  for (const std::string& text : story_.texts) writer.define(text);
  for (const Variable& variable : story_.variables) writer.define(variable);
  std::uint64_t largest = 0;
  for (const Event& event : story_.events) {
    writer.append(event);
    largest = std::max(largest, writer.bytes());
  }
  EXPECT_EQ(std::filesystem::file_size(path), writer.bytes());
  const TapeReader reader(path);
  const std::uint64_t base = reader.blocks().front().offset;  // definitions and aggregate
  EXPECT_LE(largest, std::max(kKept, base + std::max(kKept / 4, base / 2)) + 2048);
}

TEST_P(Kept, ADamagedAggregateIsSaidAndTheRestIsRead) {
  const FileBytes bytes = read_bytes(folder_.path("kept.tape"));
  const std::size_t end = TapeReader(folder_.path("kept.tape")).blocks().front().offset;
  std::mt19937_64 random(GetParam());
  for (int i = 0; i < 50; ++i) {
    const std::string path = folder_.put("bad.tape", flip_bit(bytes, 24 * 8 + random() % ((end - 24) * 8)));
    const TapeReader reader(path);
    EXPECT_EQ(reader.condition(), Condition::damaged);
    EXPECT_LE(all_events(reader).size(), story_.events.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Kept, ::testing::Range<std::uint64_t>(1, 13));

TEST(Keep, ATapeThatNeverReachesTheSizeIsLikeAnyOther) {
  const TapeFolder folder;
  const Story story = make_exact_story(3, 2000);
  write_tape(folder.path("a.tape"), story, {.events_per_block = 500});
  write_tape(folder.path("b.tape"), story, {.events_per_block = 500, .keep_bytes = 1 << 20});
  EXPECT_EQ(read_bytes(folder.path("a.tape")), read_bytes(folder.path("b.tape")));
}

// Millions of equal blocks, of seven bytes each in an aggregate, pack better than a reader would believe.
TEST(Keep, AHeapOfEqualBlocksIsReadAgain) {
  if (testing::kSanitized) GTEST_SKIP() << "it takes minutes under a sanitizer";
  const TapeFolder folder;
  TapeWriter writer(folder.path("a.tape"), Meta{}, {.keep_bytes = 1 << 17});
  writer.define(Frame{.in_program = true});
  writer.define(Thread{.tid = 1});
  constexpr std::uint64_t kBlocks = 3'000'000;
  for (std::uint64_t i = 0; i < kBlocks; ++i) writer.append(Event{.address = i * 32, .size = 24, .stack = StackId{1}});
  writer.finish({EndKind::exited, 0, 1}, {});
  const TapeReader reader(folder.path("a.tape"));
  EXPECT_EQ(reader.condition(), Condition::whole);
  EXPECT_GT(reader.opening().live.size() * 7, 16u << 20);  // what an aggregate may have however well it packs
  EXPECT_EQ(reader.totals().program.live_blocks, kBlocks);
}

}  // namespace
}  // namespace heaptape
