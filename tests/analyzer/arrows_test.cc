// The folders are the pipeline, and includes run one way along it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string_view>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = HEAPTAPE_SOURCE_DIR;

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"format", {"format"}},
    {"recorder", {"recorder", "format"}},
    {"analyzer", {"analyzer", "format"}},
    {"render", {"render", "analyzer", "format"}},
    {"cli", {"cli", "render", "analyzer", "recorder", "format"}},
};

bool is_source(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".cc" || extension == ".c" || extension == ".hpp";
}

template <class Take>
void for_each_line(const std::string& folder, const Take& take) {
  if (!fs::exists(kRoot / folder)) return;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
    if (!entry.is_regular_file() || !is_source(entry.path())) continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) take(entry.path(), line);
  }
}

// What an #include line names between quotes or angle brackets; empty for any other line.
std::string_view included(std::string_view line) {
  const std::size_t hash = line.find_first_not_of(" \t");
  if (hash == std::string_view::npos || line[hash] != '#') return {};
  const std::size_t word = line.find_first_not_of(" \t", hash + 1);
  if (word == std::string_view::npos || !line.substr(word).starts_with("include")) return {};
  const std::size_t begin = line.find_first_of("\"<", word);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = line.find_first_of("\">", begin + 1);
  return end == std::string_view::npos ? std::string_view{} : line.substr(begin + 1, end - begin - 1);
}

TEST(Arrows, EachFolderIncludesOnlyWhatItMay) {
  for (const auto& [folder, allowed] : kMayInclude) {
    int includes = 0;
    for_each_line(folder, [&](const fs::path& path, const std::string& line) {
      const std::string_view target = included(line);
      const std::string top(target.substr(0, target.find('/')));
      if (!kMayInclude.contains(top) && top != "tests" && top != "samples") return;
      ++includes;
      EXPECT_TRUE(allowed.contains(top)) << path << " includes " << target;
    });
    EXPECT_GT(includes, 0) << folder;
  }
}

TEST(Arrows, CairoAndPangoAreNamedInRenderAlone) {
  for (const std::string folder : {"format", "recorder", "analyzer", "cli", "samples"}) {
    for_each_line(folder, [&](const fs::path& path, const std::string& line) {
      const std::string_view target = included(line);
      EXPECT_EQ(target.find("cairo"), std::string_view::npos) << path << ": " << line;
      EXPECT_EQ(target.find("pango"), std::string_view::npos) << path << ": " << line;
    });
  }
}

}  // namespace
