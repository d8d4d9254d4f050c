#include "format/writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <system_error>

#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

TEST(TapeWriter, NeverReplacesAFileUnasked) {
  const TapeFolder folder;
  const std::string path = folder.put("a.tape", {1, 2, 3});
  EXPECT_THROW(TapeWriter(path, Meta{}), std::system_error);
  EXPECT_EQ(read_bytes(path), (FileBytes{1, 2, 3}));
  TapeWriter(path, Meta{}, {.overwrite = true}).finish({}, {});
  EXPECT_EQ(TapeReader(path).condition(), Condition::whole);
}

TEST(TapeWriter, RefusesAFolderThatIsNotThere) {
  const TapeFolder folder;
  EXPECT_THROW(TapeWriter(folder.path("none/a.tape"), Meta{}), std::system_error);
}

TEST(TapeWriter, OverwritingNeverRemovesAFolder) {
  const TapeFolder folder;
  std::filesystem::create_directory(folder.path("d"));
  EXPECT_THROW(TapeWriter(folder.path("d"), Meta{}, {.overwrite = true}), std::system_error);
  EXPECT_TRUE(std::filesystem::is_directory(folder.path("d")));
}

TEST(TapeWriter, TimesThatRunBackAreRaised) {
  const TapeFolder folder;
  {
    TapeWriter writer(folder.path("a.tape"), Meta{}, {.events_per_block = 1});
    writer.define(Thread{});
    for (const std::uint64_t time : {50u, 20u, 60u}) writer.append({.time_ns = time, .kind = EventKind::pause});
    writer.finish({}, {});
  }
  std::vector<std::uint64_t> times;
  for (const Event& event : all_events(TapeReader(folder.path("a.tape")))) times.push_back(event.time_ns);
  EXPECT_EQ(times, (std::vector<std::uint64_t>{50, 50, 60}));
}

TEST(TapeWriter, SealedEventsAreInTheFile) {
  const TapeFolder folder;
  const Story story = make_story(5, 100);
  TapeWriter writer(folder.path("a.tape"), story.meta);
  tell(story, writer);
  EXPECT_EQ(writer.unsealed_events(), 100u);
  EXPECT_EQ(TapeReader(folder.path("a.tape")).events(), 0u);
  writer.seal();
  EXPECT_EQ(writer.unsealed_events(), 0u);
  EXPECT_EQ(all_events(TapeReader(folder.path("a.tape"))), story.events);
  EXPECT_EQ(writer.bytes(), std::filesystem::file_size(folder.path("a.tape")));
}

TEST(TapeWriter, LedgerOfTheCallerIsAddedToItsOwn) {
  const TapeFolder folder;
  {
    TapeWriter writer(folder.path("a.tape"), Meta{});
    writer.define(Thread{});
    writer.append({.address = 16, .kind = EventKind::release});
    Ledger given;
    given[Loss::unmatched_frees] = 2;
    given[Loss::dropped_events] = 7;
    writer.finish({}, given);
  }
  const TapeReader reader(folder.path("a.tape"));
  EXPECT_EQ(reader.ledger()[Loss::unmatched_frees], 3u);
  EXPECT_EQ(reader.ledger()[Loss::dropped_events], 7u);
  EXPECT_TRUE(reader.ledger().lossy());
}

TEST(TapeWriter, EventsOfUndefinedIdsAreRefused) {
  const TapeFolder folder;
  TapeWriter writer(folder.path("a.tape"), Meta{});
  EXPECT_THROW(writer.append({.kind = EventKind::pause}), std::logic_error);
  writer.define(Thread{});
  EXPECT_THROW(writer.append({.stack = StackId{1}}), std::logic_error);
  EXPECT_THROW(writer.append({.kind = EventKind::mark}), std::logic_error);
  EXPECT_THROW(writer.define(Frame{.parent = StackId{9}}), std::logic_error);
  EXPECT_EQ(writer.events(), 0u);
}

}  // namespace
}  // namespace heaptape
