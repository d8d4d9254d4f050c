// Files that are no tape: one sentence says what is wrong and what to do.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstring>
#include <string>

#include "format/file_header.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

FileBytes header_of_version(std::uint16_t major, std::uint16_t minor) {
  const auto good = make_header();
  FileBytes header(good.begin(), good.end());
  std::memcpy(&header[8], &major, 2);
  std::memcpy(&header[10], &minor, 2);
  const std::uint64_t checksum = XXH3_64bits(header.data(), 16);
  std::memcpy(&header[16], &checksum, 8);
  return header;
}

class BadInput : public ::testing::Test {
 protected:
  // The sentence about `path`, which is refused for `reason`.
  static std::string sentence(const std::string& path, TapeError::Reason reason) {
    try {
      const TapeReader reader(path);
    } catch (const TapeError& error) {
      EXPECT_EQ(error.reason, reason) << error.what();
      EXPECT_EQ(std::string(error.what()).find(path), 0u) << error.what();
      return std::string(error.what()).substr(path.size());
    }
    ADD_FAILURE() << path << " was read";
    return "";
  }

  TapeFolder folder;
};

TEST_F(BadInput, MissingFile) {
  EXPECT_EQ(sentence(folder.path("none.tape"), TapeError::Reason::missing),
            " does not exist; record it with 'heaptape record'");
}

TEST_F(BadInput, Directory) {
  EXPECT_EQ(sentence(folder.path("."), TapeError::Reason::unreadable), " is a directory; name one of the tapes in it");
}

TEST_F(BadInput, Fifo) {
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(sentence(folder.path("fifo"), TapeError::Reason::unreadable),
            " is not a regular file; name a tape on disk");
}

TEST_F(BadInput, FileWithoutPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read anything";
  const std::string path = folder.put("locked.tape", {1});
  ::chmod(path.c_str(), 0);
  EXPECT_EQ(sentence(path, TapeError::Reason::unreadable), " can't be read: Permission denied; check its permissions");
}

TEST_F(BadInput, EmptyFile) {
  EXPECT_EQ(sentence(folder.put("empty.tape", {}), TapeError::Reason::empty),
            " is empty: nothing was recorded into it; record again");
}

TEST_F(BadInput, TextFile) {
  const std::string text = "#!/bin/sh\necho this is a script and no tape\n";
  EXPECT_EQ(sentence(folder.put("script.sh", FileBytes(text.begin(), text.end())), TapeError::Reason::not_a_tape),
            " is not a heaptape tape; record one with 'heaptape record'");
}

TEST_F(BadInput, NewerMajorVersionIsRefusedByName) {
  EXPECT_EQ(sentence(folder.put("new.tape", header_of_version(2, 3)), TapeError::Reason::newer_version),
            " was written by a newer heaptape (format 2.3, this one reads 1.x); use a newer heaptape");
}

TEST_F(BadInput, NewerMinorVersionIsRead) {
  const TapeReader reader(folder.put("minor.tape", header_of_version(1, 9)));
  EXPECT_EQ(reader.condition(), Condition::cut);
  EXPECT_EQ(reader.events(), 0u);
}

TEST_F(BadInput, DamagedHeader) {
  const auto header = make_header();
  FileBytes bytes(header.begin(), header.end());
  bytes[17] ^= 1;
  EXPECT_EQ(sentence(folder.put("a.tape", bytes), TapeError::Reason::damaged),
            " has a damaged header; copy it again from where it was recorded, or record again");
}

}  // namespace
}  // namespace heaptape
