// Checks of the machine, and of the environment that a command would run in.
#include <cpuid.h>
#include <dlfcn.h>
#include <errno.h>
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "recorder/launcher/available_memory.h"
#include "recorder/launcher/checks.h"
#include "recorder/mapping.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMebibyte = 1 << 20;
// What a program image takes at once: the directory, and mappings that are ready for its children.
constexpr std::uint64_t kLeastShared = 8 * kMebibyte;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string mebibytes(std::uint64_t bytes) { return fmt::format("{:.0f} MiB", static_cast<double>(bytes) / kMebibyte); }

std::optional<std::uint64_t> free_bytes(const std::string& folder) {
  struct statvfs status;
  if (statvfs(folder.c_str(), &status) != 0) return std::nullopt;
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

bool cpu_has(unsigned leaf, unsigned bit) {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(leaf, &eax, &ebx, &ecx, &edx) != 0 && (edx >> bit & 1) != 0;
}

}  // namespace

Check check_clock() {
  Check check{.name = "clock", .mark = Mark::ok};
  const std::string source = first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  if (!cpu_has(0x80000001, 27)) {
    check.mark = Mark::problem;
    check.finding = "this processor has no rdtscp instruction, by which events are put in order";
    check.remedy = "record on another machine; in a virtual one, let the guest see it";
  } else if (!cpu_has(0x80000007, 8) || source == "hpet" || source == "acpi_pm" || source == "refined-jiffies") {
    check.mark = Mark::warning;
    check.finding = fmt::format(
        "the time-stamp counter may differ between cores (clock source '{}'), and with it the order of events of "
        "different threads",
        source);
    check.remedy = "run the command on one core (taskset -c 0), or on a machine whose counter is invariant";
  } else {
    check.finding = fmt::format("the time-stamp counter is invariant (clock source '{}')", source);
  }
  return check;
}

Check check_kernel() {
  utsname name;
  uname(&name);
  Check check{.name = "kernel", .mark = Mark::ok, .finding = fmt::format("Linux {}", name.release)};
  const long descriptor = syscall(SYS_pidfd_open, getpid(), 0);
  if (descriptor >= 0) {
    close(static_cast<int>(descriptor));
    return check;
  }
  check.mark = Mark::problem;
  check.finding = fmt::format("Linux {} gives no pidfd ({})", name.release, strerror(errno));
  check.remedy = "record with Linux 5.3 or newer, and where pidfd_open is not forbidden";
  return check;
}

Check check_libc() {
  const std::string version = gnu_get_libc_version();
  Check check{.name = "libc", .mark = Mark::ok, .finding = fmt::format("glibc {}", version)};
  if (dlsym(RTLD_DEFAULT, "_dl_find_object") != nullptr) return check;
  check.mark = Mark::problem;
  check.finding = fmt::format("glibc {} has no _dl_find_object, by which the recorder finds modules", version);
  check.remedy = "record with glibc 2.35 or newer";
  return check;
}

Check check_proc() {
  Check check{.name = "proc", .mark = Mark::ok, .finding = "/proc is there"};
  if (access("/proc/self/exe", F_OK) != 0 || access("/proc/self/cmdline", R_OK) != 0) {
    check.mark = Mark::warning;
    check.finding = "/proc is not to be read, so threads have no names, programs no path, and RSS is not sampled";
    check.remedy = "mount proc at /proc";
    return check;
  }
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" /proc proc ") == std::string::npos || getuid() == 0) continue;
    if (line.find("hidepid=") == std::string::npos || line.find("hidepid=0") != std::string::npos) continue;
    check.mark = Mark::warning;
    check.finding =
        "/proc hides other users' processes (hidepid): of children that change their user, RSS and the "
        "names of threads are missing";
    check.remedy = "record as root if you need those";
  }
  return check;
}

Check check_shared_memory(std::uint64_t buffer_bytes) {
  Check check{.name = "shared memory", .mark = Mark::problem};
  const std::optional<std::uint64_t> room = free_bytes("/dev/shm");
  if (!room || access("/dev/shm", W_OK | X_OK) != 0) {
    check.finding = fmt::format("/dev/shm can't be used: {}", strerror(errno));
    check.remedy = "mount a tmpfs there that everyone can write to";
  } else if (*room < kLeastShared) {
    check.finding = fmt::format("/dev/shm has {} left, and a recording needs {} at least", mebibytes(*room),
                                mebibytes(kLeastShared));
    check.remedy = "make room there; in a container, start it with a larger --shm-size";
  } else if (*room < buffer_bytes + kLeastShared) {
    check.mark = Mark::warning;
    check.finding = fmt::format("/dev/shm has {} left, so a buffer of {} can't grow to its size", mebibytes(*room),
                                mebibytes(buffer_bytes));
    check.remedy = "give a smaller --buffer, or make room there (in a container, by --shm-size)";
  } else {
    check.mark = Mark::ok;
    check.finding = fmt::format("/dev/shm has {} left", mebibytes(*room));
  }
  return check;
}

Check check_memory(std::uint64_t buffer_bytes) {
  const std::uint64_t available = available_memory();
  Check check{.name = "memory", .mark = Mark::ok, .finding = fmt::format("{} are available", mebibytes(available))};
  if (available == UINT64_MAX) check.finding = "nothing is known of a limit";
  if (available >= 2 * buffer_bytes) return check;
  check.mark = Mark::warning;
  check.finding = fmt::format("a buffer of {} is more than half of the {} that are available", mebibytes(buffer_bytes),
                              mebibytes(available));
  check.remedy = "give a smaller --buffer";
  return check;
}

Check check_limits(std::uint64_t buffer_bytes) {
  Check check{.name = "limits", .mark = Mark::ok, .finding = "address space and descriptors are not limited too far"};
  constexpr std::uint64_t kOwnAddresses = 64 * kMebibyte;  // of the library: rules, seats, states of threads
  const std::uint64_t mapped = kChunksOffset + buffer_bytes + 64 * kMebibyte + kOwnAddresses;
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < 4 * mapped) {
    check.mark = limit.rlim_cur < mapped ? Mark::problem : Mark::warning;
    check.finding = fmt::format("the address space is limited to {} (ulimit -v), of which the recorder takes {}",
                                mebibytes(limit.rlim_cur), mebibytes(mapped));
    check.remedy = "raise the limit, or give a smaller --buffer";
  } else if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 16) {
    check.mark = Mark::problem;
    check.finding = fmt::format("only {} descriptors may be open at once (ulimit -n)", limit.rlim_cur);
    check.remedy = "raise the limit to 64";
  } else if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < buffer_bytes + kLeastShared) {
    check.mark = Mark::warning;
    check.finding = fmt::format("files may grow to {} only (ulimit -f), the tape too", mebibytes(limit.rlim_cur));
    check.remedy = "raise the limit";
  }
  return check;
}

Check check_preload(const char* preload) {
  Check check{.name = "preload", .mark = Mark::ok, .finding = "nothing else is preloaded"};
  if (preload == nullptr || preload[0] == '\0') return check;
  check.finding = fmt::format("LD_PRELOAD is kept, behind the recorder: {}", preload);
  std::string list = preload;
  std::replace(list.begin(), list.end(), ':', ' ');
  std::istringstream entries(list);
  for (std::string entry; entries >> entry;) {
    if (entry.find("libasan") != std::string::npos || entry.find("libtsan") != std::string::npos) {
      check.mark = Mark::problem;
      check.finding =
          fmt::format("LD_PRELOAD has the sanitizer '{}', which ends the program unless it is first", entry);
      check.remedy = "record without it";
      return check;
    }
    if (entry.find('/') == std::string::npos || access(entry.c_str(), R_OK) == 0) continue;
    check.mark = Mark::warning;
    check.finding = fmt::format("LD_PRELOAD names '{}', which is not there", entry);
    check.remedy = "correct LD_PRELOAD";
  }
  return check;
}

Check check_output(const std::string& output, bool force) {
  Check check{.name = "output", .mark = Mark::problem};
  const bool is_folder = output.empty() || output.back() == '/';
  std::error_code error;
  if (!is_folder && fs::exists(output, error) && !force) {
    check.finding = fmt::format("'{}' exists", output);
    check.remedy = "choose another name with -o, or give --force to replace it";
    return check;
  }
  if (!is_folder && fs::exists(output, error) && !fs::is_regular_file(output, error) &&
      !fs::is_directory(output, error)) {
    check.finding = fmt::format("'{}' is no file, and --force replaces files alone", output);
    check.remedy = "choose another name with -o";
    return check;
  }
  fs::path folder = output.empty() ? fs::path(".") : is_folder ? fs::path(output) : fs::path(output).parent_path();
  if (folder.empty()) folder = ".";
  // A folder for tapes is made, with those above it.
  while (is_folder && !fs::exists(folder, error) && folder.has_parent_path() && folder != folder.parent_path())
    folder = folder.parent_path();
  if (folder.empty()) folder = ".";
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    check.finding = fmt::format("can't write tapes to '{}': {}", folder.string(), strerror(errno));
    check.remedy = "choose another place with -o";
    return check;
  }
  const std::uint64_t room = free_bytes(folder.string()).value_or(0);
  check.finding = fmt::format("'{}' can be written and has {} left", folder.string(), mebibytes(room));
  check.mark = room < 64 * kMebibyte ? Mark::warning : Mark::ok;
  if (check.mark == Mark::warning) check.remedy = "make room there: what does not fit is counted and not kept";
  return check;
}

}  // namespace heaptape
