#include "recorder/drain/endings.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace heaptape {
namespace {

// The first version of the kernel's struct pidfd_info (Linux 6.13; exit_code since 6.15), which Debian 12's headers
// lack.
struct PidfdInfo {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t ids[11];
  std::int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t kWantExit = 1 << 3;  // PIDFD_INFO_EXIT
#define HEAPTAPE_PIDFD_GET_INFO _IOWR(0xFF, 11, PidfdInfo)

Ending ending_from(int status) {
  if (WIFSIGNALED(status)) return {.kind = EndKind::signaled, .status = WTERMSIG(status)};
  return {.kind = EndKind::exited, .status = WEXITSTATUS(status)};
}

// Of one that its parent has not reaped yet: the last field of /proc/PID/stat.
std::optional<int> status_of_zombie(std::uint32_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos || line.compare(name_end, 4, ") Z ") != 0) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 2));
  const std::vector<std::string> fields(std::istream_iterator<std::string>{rest}, {});
  constexpr std::size_t kExitCode = 52 - 3;  // field 3 is the first behind the name
  return fields.size() > kExitCode ? std::optional(std::stoi(fields[kExitCode])) : std::nullopt;
}

// Of one that has been reaped.
std::optional<int> status_of_reaped(int pidfd) {
  PidfdInfo info{.mask = kWantExit};
  if (ioctl(pidfd, HEAPTAPE_PIDFD_GET_INFO, &info) != 0 || (info.mask & kWantExit) == 0) return std::nullopt;
  return info.exit_code;
}

}  // namespace

bool Endings::reap() {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
    const auto child = static_cast<std::uint32_t>(pid);
    if (WIFSTOPPED(status) || WIFCONTINUED(status))
      stops_[child] = WIFSTOPPED(status);
    else
      statuses_[child] = status;
  }
  return pid < 0 && errno == ECHILD;
}

std::optional<Ending> Endings::of(std::uint32_t pid, int pidfd) {
  reap();  // it may have ended since
  std::optional<int> status = status_of(pid);
  if (!status && pidfd >= 0) status = status_of_zombie(pid);
  if (!status && pidfd >= 0) status = status_of_reaped(pidfd);
  return status ? std::optional(ending_from(*status)) : std::nullopt;
}

std::optional<int> Endings::status_of(std::uint32_t child) const {
  const auto known = statuses_.find(child);
  return known == statuses_.end() ? std::nullopt : std::optional(known->second);
}

std::optional<bool> Endings::take_stop(std::uint32_t child) {
  const auto told = stops_.extract(child);
  return told.empty() ? std::nullopt : std::optional(told.mapped());
}

}  // namespace heaptape
