#include <gtest/gtest.h>

#include "tests/format/naive_accounting.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

// Definitions and samples, field by field.
void expect_same_definitions(const TapeReader& reader, const Story& story) {
  ASSERT_EQ(reader.frames().size(), story.frames.size());
  for (std::size_t i = 0; i < story.frames.size(); ++i) {
    const Frame &read = reader.frames()[i], &told = story.frames[i];
    EXPECT_EQ(read.parent, told.parent);
    EXPECT_EQ(read.address, told.address);
    EXPECT_EQ(read.module, told.module);
    EXPECT_EQ(read.in_program, told.in_program);
    EXPECT_EQ(read.truncated, told.truncated);
    EXPECT_EQ(read.gap, told.gap);
  }
  ASSERT_EQ(reader.modules().size(), story.modules.size());
  for (std::size_t i = 0; i < story.modules.size(); ++i) {
    const Module &read = reader.modules()[i], &told = story.modules[i];
    EXPECT_EQ(read.path, told.path);
    EXPECT_EQ(read.build_id, told.build_id);
    EXPECT_EQ(std::tie(read.bias, read.begin, read.end), std::tie(told.bias, told.begin, told.end));
    EXPECT_EQ(read.is_executable, told.is_executable);
    EXPECT_EQ(read.is_system, told.is_system);
  }
  ASSERT_EQ(reader.threads().size(), story.threads.size());
  for (std::size_t i = 0; i < story.threads.size(); ++i) {
    EXPECT_EQ(reader.threads()[i].tid, story.threads[i].tid);
    EXPECT_EQ(reader.threads()[i].name, story.threads[i].name);
  }
  EXPECT_EQ(reader.texts(), story.texts);
  ASSERT_EQ(reader.variables().size(), story.variables.size());
  for (std::size_t i = 0; i < story.variables.size(); ++i) {
    const Variable &read = reader.variables()[i], &told = story.variables[i];
    EXPECT_EQ(std::tie(read.name, read.type, read.file, read.line),
              std::tie(told.name, told.type, told.file, told.line));
  }
  ASSERT_EQ(reader.rss().size(), story.rss.size());
  for (std::size_t i = 0; i < story.rss.size(); ++i) {
    EXPECT_EQ(reader.rss()[i].time_ns, story.rss[i].time_ns);
    EXPECT_EQ(reader.rss()[i].bytes, story.rss[i].bytes);
  }
}

TEST(RoundTrip, EverythingWrittenIsRead) {
  const TapeFolder folder;
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    SCOPED_TRACE(seed);
    const Story story = make_story(seed, 200 * seed);
    const std::string path = folder.path(std::to_string(seed) + ".tape");
    write_tape(path, story, {.events_per_block = static_cast<std::uint32_t>(1 + seed * 40)});

    const TapeReader reader(path);
    EXPECT_EQ(reader.condition(), Condition::whole);
    EXPECT_TRUE(reader.damage().empty());
    EXPECT_EQ(all_events(reader), story.events);
    EXPECT_EQ(reader.events(), story.events.size());
    expect_same_definitions(reader, story);
    const NaiveFigures expected = account_naively(story.events, story.frames);
    EXPECT_EQ(reader.totals(), expected.totals);
    EXPECT_EQ(reader.ledger().counts, expected.ledger.counts);
  }
}

TEST(RoundTrip, MetaAndEndingAreRead) {
  const TapeFolder folder;
  Story story = make_story(7, 10);
  story.ending = {EndKind::signaled, 9, 123'456};
  write_tape(folder.path("a.tape"), story);
  const TapeReader reader(folder.path("a.tape"));
  EXPECT_EQ(reader.meta().program, story.meta.program);
  EXPECT_EQ(reader.meta().arguments, story.meta.arguments);
  EXPECT_EQ(reader.meta().host, story.meta.host);
  EXPECT_EQ(reader.meta().recorder, story.meta.recorder);
  EXPECT_EQ(reader.meta().started_unix_ns, story.meta.started_unix_ns);
  EXPECT_EQ(reader.meta().pid, 4711u);
  EXPECT_EQ(reader.meta().parent_pid, 42u);
  EXPECT_EQ(reader.meta().image, 1u);
  EXPECT_EQ(reader.meta().session, story.meta.session);
  EXPECT_EQ(reader.meta().number, 3u);
  EXPECT_EQ(reader.meta().parent, 2u);
  EXPECT_EQ(reader.ending().kind, EndKind::signaled);
  EXPECT_EQ(reader.ending().status, 9);
  EXPECT_EQ(reader.ending().duration_ns, 123'456u);
}

TEST(RoundTrip, TapeWithoutEventsIsWhole) {
  const TapeFolder folder;
  TapeWriter(folder.path("a.tape"), Meta{}).finish({}, {});
  const TapeReader reader(folder.path("a.tape"));
  EXPECT_EQ(reader.condition(), Condition::whole);
  EXPECT_EQ(reader.events(), 0u);
  EXPECT_EQ(reader.totals(), LayerTotals{});
  EXPECT_EQ(reader.frames().size(), 1u);
  EXPECT_TRUE(all_events(reader).empty());
}

TEST(RoundTrip, TimesAreRoundedDownToTheClocksStep) {
  const TapeFolder folder;
  Story story = make_story(3, 500);
  story.meta.clock_step_ns = 10'000;
  write_tape(folder.path("a.tape"), story);
  for (Event& event : story.events) event.time_ns -= event.time_ns % 10'000;
  const TapeReader reader(folder.path("a.tape"));
  EXPECT_EQ(all_events(reader), story.events);
  EXPECT_EQ(reader.totals(), account_naively(story.events, story.frames).totals);
}

TEST(RoundTrip, BlocksDecodeAloneAndBearTheirOwnFigures) {
  const TapeFolder folder;
  const Story story = make_story(11, 1000);
  write_tape(folder.path("a.tape"), story, {.events_per_block = 64});
  const TapeReader reader(folder.path("a.tape"));
  ASSERT_EQ(reader.blocks().size(), 16u);
  DecodedBlock block;
  const auto& events = block.events;
  for (std::size_t i = reader.blocks().size(); i-- > 0;) {
    const BlockEntry& entry = reader.blocks()[i];
    ASSERT_TRUE(reader.decode(i, block));
    ASSERT_EQ(events.size(), entry.events);
    EXPECT_TRUE(std::equal(events.begin(), events.end(),
                           story.events.begin() + static_cast<std::ptrdiff_t>(entry.first_event)));
    const std::span before(story.events.data(), entry.first_event + entry.events);
    EXPECT_EQ(entry.at_end, account_naively(before, story.frames).totals);
    EXPECT_GE(entry.all_max_bytes, entry.at_end.all.live_bytes);
  }
}

TEST(RoundTrip, ManyDefinitionsGoIntoSeveralBlocks) {
  const TapeFolder folder;
  constexpr std::uint32_t kFrames = 200'000;
  {
    TapeWriter writer(folder.path("a.tape"), Meta{});
    const ModuleId module = writer.define(Module{.path = "/bin/deep"});
    StackId caller = kEmptyStack;
    for (std::uint32_t i = 1; i <= kFrames; ++i) {
      caller = writer.define(Frame{caller, 0x1000ull * i, module, true, false});
    }
    const ThreadId thread = writer.define(Thread{1, "main"});
    writer.append({.address = 16, .size = 1, .stack = caller, .thread = thread});
    writer.finish({}, {});
  }
  const TapeReader reader(folder.path("a.tape"));
  ASSERT_EQ(reader.frames().size(), kFrames + 1);
  EXPECT_EQ(reader.frames()[kFrames].parent, StackId{kFrames - 1});
  EXPECT_EQ(reader.frames()[kFrames].address, 0x1000ull * kFrames);
  EXPECT_EQ(reader.totals().program.live_bytes, 1u);
}

}  // namespace
}  // namespace heaptape
