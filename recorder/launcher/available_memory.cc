#include "recorder/launcher/available_memory.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kUnlimited = UINT64_MAX;

// The number in a file that holds nothing else. Empty: no such file, or "max".
std::optional<std::uint64_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

// The number behind `key` in a file of lines "key number".
std::optional<std::uint64_t> number_in(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    std::uint64_t number = 0;
    if (words >> word >> number && word == key) return number;
  }
  return std::nullopt;
}

struct GroupFiles {
  const char *limit, *usage, *inactive;
};
constexpr GroupFiles kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr GroupFiles kVersion2{"memory.max", "memory.current", "inactive_file"};

std::uint64_t left_by(const fs::path& group, const GroupFiles& files) {
  const auto limit = number_in(group / files.limit);
  const auto usage = number_in(group / files.usage);
  if (!limit || !usage) return kUnlimited;
  const std::uint64_t cached = number_in(group / "memory.stat", files.inactive).value_or(0);
  const std::uint64_t held = *usage - std::min(cached, *usage);
  return *limit - std::min(held, *limit);
}

// A group and all above it: each limits what is inside.
std::uint64_t left_by_all(const fs::path& mount, const std::string& group, const GroupFiles& files) {
  std::uint64_t left = left_by(mount, files);
  fs::path at = mount;
  for (const fs::path& part : fs::path(group).relative_path()) {
    at /= part;
    left = std::min(left, left_by(at, files));
  }
  return left;
}

// Lines "number:controllers:path"; version 2 has number 0 and no controllers.
std::uint64_t left_by_groups(const std::string& root) {
  std::uint64_t left = kUnlimited;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") {
      left = std::min(left, left_by_all(root + "/sys/fs/cgroup", group, kVersion2));
      left = std::min(left, left_by_all(root + "/sys/fs/cgroup/unified", group, kVersion2));
    } else if (controllers.find(",memory,") != std::string::npos) {
      left = std::min(left, left_by_all(root + "/sys/fs/cgroup/memory", group, kVersion1));
    }
  }
  return left;
}

}  // namespace

std::uint64_t available_memory(const std::string& root) {
  std::uint64_t available = left_by_groups(root);
  if (const auto kib = number_in(root + "/proc/meminfo", "MemAvailable:")) available = std::min(available, *kib * 1024);
  struct statvfs shared;
  if (statvfs((root + "/dev/shm").c_str(), &shared) == 0)
    available = std::min(available, std::uint64_t{shared.f_bavail} * shared.f_frsize);
  return available;
}

}  // namespace heaptape
