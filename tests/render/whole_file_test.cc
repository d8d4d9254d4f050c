#include "render/whole_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "render/canvas.h"

namespace heaptape {
namespace {

class WholeFile : public testing::Test {
 protected:
  WholeFile() : folder_(testing::TempDir() + "/whole_file_XXXXXX") {
    if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("no folder for the test");
  }
  ~WholeFile() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  static std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator());
  }

  std::string folder_;
};

}  // namespace

TEST_F(WholeFile, IsWrittenAndNothingIsLeftBeside) {
  write_whole(path("a.svg"), "picture", Existing::keep);
  EXPECT_EQ(content(path("a.svg")), "picture");
  EXPECT_EQ(files(), 1);
}

TEST_F(WholeFile, AnExistingOneIsKeptUnlessReplaced) {
  write_whole(path("a.svg"), "old", Existing::keep);
  EXPECT_THROW(write_whole(path("a.svg"), "new", Existing::keep), PictureError);
  EXPECT_EQ(content(path("a.svg")), "old");
  write_whole(path("a.svg"), "new", Existing::replace);
  EXPECT_EQ(content(path("a.svg")), "new");
  EXPECT_EQ(files(), 1);
}

TEST_F(WholeFile, AMissingFolderIsNamedInOneSentence) {
  try {
    write_whole(path("none/a.svg"), "picture", Existing::keep);
    FAIL() << "no exception";
  } catch (const UnwritableFile& error) {
    EXPECT_EQ(std::string(error.what()),
              "'" + path("none/a.svg") + "' can't be written: No such file or directory; name another place");
    EXPECT_EQ(error.error, ENOENT);
  }
}

TEST_F(WholeFile, AFolderInItsPlaceStays) {
  std::filesystem::create_directory(path("a.svg"));
  EXPECT_THROW(write_whole(path("a.svg"), "picture", Existing::replace), PictureError);
  EXPECT_TRUE(std::filesystem::is_directory(path("a.svg")));
  EXPECT_EQ(files(), 1);
}

}  // namespace heaptape
