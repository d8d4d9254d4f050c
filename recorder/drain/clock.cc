#include "recorder/drain/clock.h"

#include <time.h>

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

Clock::Clock() : first_(take()), before_(first_), last_(first_) {}

std::uint64_t Clock::tick() {
  before_ = last_;
  last_ = take();
  hold_loads();  // the lanes are read after the clock
  return last_.stamp;
}

std::uint64_t Clock::monotonic_ns(std::uint64_t stamp) const {
  // A window too short to give a slope leans on the whole time so far.
  const Pair& from = last_.ns - before_.ns > 100'000 ? before_ : first_;
  if (last_.stamp <= from.stamp || stamp >= last_.stamp) return last_.ns;
  if (stamp <= from.stamp) return from.ns;
  const double slope = static_cast<double>(last_.ns - from.ns) / static_cast<double>(last_.stamp - from.stamp);
  return from.ns + static_cast<std::uint64_t>(static_cast<double>(stamp - from.stamp) * slope);
}

}  // namespace heaptape
