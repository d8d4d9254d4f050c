// Turns stamps into nanoseconds: linear between pairs of (stamp, CLOCK_MONOTONIC) that the drain takes
// once a round, so no frequency need be known and time never runs back.
#pragma once

#include <cstdint>

namespace heaptape {

class Clock {
 public:
  struct Pair {
    std::uint64_t stamp, ns;
  };
  Clock();
  // Goes on from another drain's first pair.
  explicit Clock(Pair first);
  // Takes a new pair and answers its stamp: everything stamped up to it happened before this call ended.
  std::uint64_t tick();
  // Nanoseconds of CLOCK_MONOTONIC at which the stamp was taken.
  std::uint64_t monotonic_ns(std::uint64_t stamp) const;
  Pair first() const { return first_; }
  // The step of a coarser clock, of `step_ns` and from `origin_ns` on, that a stamp falls into.
  struct Step {
    std::uint64_t ns = 0;                 // at which it begins, since the origin
    std::uint64_t first = 0, stamps = 0;  // [first, first + stamps) fall into it
    bool holds(std::uint64_t stamp) const { return stamp - first < stamps; }
  };
  Step step_of(std::uint64_t stamp, std::uint64_t origin_ns, std::uint64_t step_ns) const;

 private:
  double ns_per_stamp() const;
  static Pair take();
  // A window too short to give a slope leans on the whole time so far.
  const Pair& from() const;
  Pair first_, before_, last_;
};

}  // namespace heaptape
