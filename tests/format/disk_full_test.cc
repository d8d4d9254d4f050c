// A file that may not grow: what was written whole stays readable, the rest is counted.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

// Caps the size of every file this process writes, as long as it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(DiskFull, TapeEndsWithItsLastWholeBlockAndCountsTheRest) {
  const TapeFolder folder;
  const Story story = make_story(9, 20'000);
  write_tape(folder.path("whole.tape"), story, {.events_per_block = 500});
  const auto whole = std::filesystem::file_size(folder.path("whole.tape"));
  for (rlim_t limit = 512; limit < whole; limit += 4096) {
    SCOPED_TRACE(limit);
    const std::string path = folder.path(std::to_string(limit) + ".tape");
    std::uint64_t unwritten = 0, bytes = 0;
    {
      const FileSizeLimit full(limit);
      TapeWriter writer(path, story.meta, {.events_per_block = 500});
      tell(story, writer);
      writer.finish(story.ending, {});
      ASSERT_EQ(writer.error(), "File too large");
      EXPECT_EQ(writer.events(), story.events.size());
      unwritten = writer.ledger()[Loss::unwritten_events];
      bytes = writer.bytes();
    }
    EXPECT_EQ(std::filesystem::file_size(path), bytes);
    const TapeReader reader(path);
    EXPECT_EQ(reader.condition(), Condition::cut);  // even where only the trailer is missing
    EXPECT_TRUE(reader.damage().empty());
    EXPECT_EQ(reader.events() + unwritten, story.events.size());
    const std::vector<Event> events = all_events(reader);
    EXPECT_TRUE(std::equal(events.begin(), events.end(), story.events.begin()));
  }
}

TEST(DiskFull, TapeThatCannotEvenBeBegunIsNotLeftBehind) {
  const TapeFolder folder;
  const FileSizeLimit full(10);
  EXPECT_THROW(TapeWriter(folder.path("a.tape"), Meta{}), std::system_error);
  EXPECT_FALSE(std::filesystem::exists(folder.path("a.tape")));
}

}  // namespace
}  // namespace heaptape
