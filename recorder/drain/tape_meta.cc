#include "recorder/drain/tape_meta.h"

#include <string.h>
#include <time.h>

#include <algorithm>

#include "recorder/drain/proc.h"

namespace heaptape {
namespace {

constexpr std::uint32_t kClockStepNs = 10'000;

}  // namespace

Meta meta_of(const MappingHeader& header, const ProcessEntry& process) {
  Meta meta;
  meta.program = std::string(header.executable, strnlen(header.executable, sizeof header.executable));
  const std::string arguments(header.arguments, std::min<std::size_t>(header.arguments_bytes, sizeof header.arguments));
  for (std::size_t at = 0; at < arguments.size();) {
    const std::size_t end = std::min(arguments.find('\0', at), arguments.size());
    meta.arguments.push_back(arguments.substr(at, end - at));
    at = end + 1;
  }
  meta.host = host_name();
  meta.recorder = "heaptape " HEAPTAPE_VERSION;
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  meta.started_unix_ns =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  meta.parent_pid = process.parent.load(std::memory_order_relaxed);
  meta.clock_step_ns = kClockStepNs;
  meta.pid = process.pid.load(std::memory_order_relaxed);
  return meta;
}

}  // namespace heaptape
