#include "recorder/drain/proc.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace heaptape {

std::uint64_t resident_bytes(std::uint32_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string thread_name(std::uint32_t pid, std::uint32_t tid) {
  std::ifstream file(fmt::format("/proc/{}/task/{}/comm", pid, tid));
  std::string name;
  std::getline(file, name);
  // The kernel keeps 15 bytes, whatever character of UTF-8 ends there.
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, name.size()); ++back) {
    const auto byte = static_cast<unsigned char>(name[name.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    if (length > back) name.resize(name.size() - back);
    break;
  }
  return name;
}

bool thread_exists(std::uint32_t pid, std::uint32_t tid) {
  return access(fmt::format("/proc/{}/task/{}", pid, tid).c_str(), F_OK) == 0;
}

std::uint32_t parent_of(std::uint32_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  constexpr char kKey[] = "PPid:";
  for (std::string line; std::getline(file, line);)
    if (line.rfind(kKey, 0) == 0) return static_cast<std::uint32_t>(std::stoul(line.substr(sizeof kKey - 1)));
  return 0;
}

std::uint64_t own_pid_namespace() {
  struct stat status;
  return stat("/proc/self/ns/pid", &status) == 0 ? std::uint64_t{status.st_ino} : 0;
}

std::string host_name() {
  utsname names;
  return uname(&names) == 0 ? fmt::format("{} {} {}", names.nodename, names.sysname, names.release) : "";
}

}  // namespace heaptape
