#include "recorder/drain/place.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

namespace heaptape {
namespace {

bool is_memory(const std::string& folder) {
  struct statfs status;
  return statfs(folder.c_str(), &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

}  // namespace

std::vector<std::string> session_places() {
  std::vector<std::string> candidates;
  if (const char* only = getenv(kPlaceVariable); only != nullptr && only[0] != '\0') {
    candidates = {only};
  } else {
    candidates.emplace_back("/dev/shm");
    if (const char* runtime = getenv("XDG_RUNTIME_DIR"); runtime != nullptr && runtime[0] == '/')
      candidates.emplace_back(runtime);
    candidates.push_back("/run/user/" + std::to_string(geteuid()));
    candidates.emplace_back("/tmp");
  }
  std::vector<std::string> places;
  for (const std::string& folder : candidates)
    if (is_memory(folder) && std::find(places.begin(), places.end(), folder) == places.end()) places.push_back(folder);
  return places;
}

std::uint64_t room_in(const std::string& folder) {
  struct statvfs status;
  return statvfs(folder.c_str(), &status) == 0 ? std::uint64_t{status.f_bavail} * status.f_frsize : 0;
}

}  // namespace heaptape
