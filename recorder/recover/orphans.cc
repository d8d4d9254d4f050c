#include "recorder/recover/orphans.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "recorder/drain/place.h"

namespace heaptape {

namespace fs = std::filesystem;

namespace {

template <class Look>
void for_each_session(Look look) {
  for (const std::string& place : session_places()) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(place, ignored))
      if (entry.path().filename().string().rfind(kSessionPrefix, 0) == 0) look(entry.path().string());
  }
}

}  // namespace

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
  for_each_session([&](const std::string& folder) {
    if (auto found = read_notes(folder); found && found->lock >= 0) orphans.emplace_back(folder, *std::move(found));
  });
  return orphans;
}

std::size_t count_orphans() {
  std::size_t count = 0;
  for_each_session([&](const std::string& folder) { count += is_orphan(folder) ? 1 : 0; });
  return count;
}

void remove_unfinished_sessions() {
  // Making one takes less than a millisecond.
  constexpr time_t kSurelyDeadAfterSeconds = 60;
  for_each_session([&](const std::string& folder) {
    struct stat status;
    if (lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
        time(nullptr) - status.st_mtim.tv_sec < kSurelyDeadAfterSeconds ||
        access((folder + "/" + kNotesName).c_str(), F_OK) == 0)
      return;
    unlink((folder + "/directory").c_str());
    unlink((folder + "/" + kNotesName + ".new").c_str());
    rmdir(folder.c_str());
  });
}

}  // namespace heaptape
