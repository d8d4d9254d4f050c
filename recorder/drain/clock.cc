#include "recorder/drain/clock.h"

#include <time.h>

#include <algorithm>

#include "recorder/clock.h"

namespace heaptape {

Clock::Pair Clock::take() {
  // Being preempted between the two readings would bend the line: the tightest of a few is kept.
  Pair best{};
  std::uint64_t gap = UINT64_MAX;
  for (int attempt = 0; attempt < 4; ++attempt) {
    const std::uint64_t begin = stamp_now();
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const std::uint64_t end = stamp_now();
    if (end - begin >= gap) continue;
    gap = end - begin;
    best = {begin, static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec)};
  }
  return best;
}

Clock::Clock() : Clock(take()) {}
Clock::Clock(Pair first) : first_(first), before_(first), last_(first) {}

std::uint64_t Clock::tick() {
  before_ = last_;
  last_ = take();
  hold_loads();  // the lanes are read after the clock
  return last_.stamp;
}

const Clock::Pair& Clock::from() const { return last_.ns - before_.ns > 100'000 ? before_ : first_; }

double Clock::ns_per_stamp() const {
  return static_cast<double>(last_.ns - from().ns) / static_cast<double>(last_.stamp - from().stamp);
}

std::uint64_t Clock::monotonic_ns(std::uint64_t stamp) const {
  if (last_.stamp <= from().stamp || stamp >= last_.stamp) return last_.ns;
  if (stamp <= from().stamp) return from().ns;
  return from().ns + static_cast<std::uint64_t>(static_cast<double>(stamp - from().stamp) * ns_per_stamp());
}

Clock::Step Clock::step_of(std::uint64_t stamp, std::uint64_t origin_ns, std::uint64_t step_ns) const {
  const std::uint64_t now = monotonic_ns(stamp);
  const std::uint64_t ns = now > origin_ns ? now - origin_ns : 0;
  Step step{.ns = ns - ns % step_ns, .first = stamp, .stamps = 1};
  if (stamp > from().stamp && stamp < last_.stamp) {
    const auto left = static_cast<std::uint64_t>(static_cast<double>(step.ns + step_ns - ns) / ns_per_stamp());
    step.stamps = std::clamp<std::uint64_t>(left, 1, last_.stamp - stamp);
  }
  return step;
}

}  // namespace heaptape
