#include "recorder/recover/orphans.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "recorder/drain/place.h"

namespace heaptape {

namespace fs = std::filesystem;

Orphan::~Orphan() {
  if (found_.lock >= 0) close(found_.lock);
}

std::vector<std::string> Orphan::mappings() const {
  std::vector<std::string> numbers;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    std::string name = entry.path().filename().string();
    if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      numbers.push_back(std::move(name));
  }
  std::sort(numbers.begin(), numbers.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  for (std::string& name : numbers) name.insert(0, folder_ + "/");
  return numbers;
}

std::vector<Orphan> find_orphans() {
  std::vector<Orphan> orphans;
  for (const std::string& place : session_places()) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(place, ignored)) {
      if (entry.path().filename().string().rfind(kSessionPrefix, 0) != 0) continue;
      const std::string folder = entry.path().string();
      if (auto found = read_notes(folder); found && found->lock >= 0) orphans.emplace_back(folder, *std::move(found));
    }
  }
  return orphans;
}

}  // namespace heaptape
