// Turns stamps into nanoseconds: linear between pairs of (stamp, CLOCK_MONOTONIC) that the drain takes
// once a round, so no frequency need be known and time never runs back.
#pragma once

#include <cstdint>

namespace heaptape {

class Clock {
 public:
  Clock();
  // Takes a new pair and answers its stamp: everything stamped up to it happened before this call ended.
  std::uint64_t tick();
  // Nanoseconds of CLOCK_MONOTONIC at which the stamp was taken.
  std::uint64_t monotonic_ns(std::uint64_t stamp) const;

 private:
  struct Pair {
    std::uint64_t stamp, ns;
  };
  static Pair take();
  Pair first_, before_, last_;
};

}  // namespace heaptape
