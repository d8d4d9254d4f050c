#include "recorder/drain/tape_meta.h"

#include <string.h>

#include <algorithm>

#include "recorder/drain/proc.h"
#include "recorder/launcher/record_options.h"

namespace heaptape {

Meta meta_of(const MappingHeader& header, const ProcessEntry& process, bool forked) {
  Meta meta;
  meta.pid = process.pid.load(std::memory_order_relaxed);
  meta.program = std::string(header.executable, strnlen(header.executable, sizeof header.executable));
  const std::string arguments(header.arguments, std::min<std::size_t>(header.arguments_bytes, sizeof header.arguments));
  for (std::size_t at = 0; at < arguments.size();) {
    const std::size_t end = std::min(arguments.find('\0', at), arguments.size());
    meta.arguments.push_back(arguments.substr(at, end - at));
    at = end + 1;
  }
  meta.host = host_name();
  meta.recorder = "heaptape " HEAPTAPE_VERSION;
  meta.parent_pid = process.parent.load(std::memory_order_relaxed);
  meta.clock_step_ns = kClockStepNs;
  meta.forked = forked;
  meta.own_malloc = header.own_malloc != 0;
  const GuestControl& control = header.control;
  meta.min_size = control.least_size.load(std::memory_order_relaxed);
  meta.sample_bytes = std::min(control.intervals[0].load(std::memory_order_relaxed), kMostSampleBytes);
  const std::uint32_t layer = control.record_layer.load(std::memory_order_relaxed);
  if (layer <= static_cast<std::uint32_t>(Layer::all)) meta.record_layer = static_cast<Layer>(layer);
  meta.unwind = static_cast<std::uint8_t>(control.unwind.load(std::memory_order_relaxed));
  meta.depth = control.depth.load(std::memory_order_relaxed);
  meta.max_tape = control.max_tape.load(std::memory_order_relaxed);
  return meta;
}

WriterOptions limits_of(const Meta& meta) { return {.max_bytes = meta.max_tape}; }

}  // namespace heaptape
