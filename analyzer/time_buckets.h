// A run's time in equal parts: what a stretch of the report is made of.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace heaptape {

class TimeBuckets {
 public:
  // `count` (at least 1) over the whole; fewer where one would be shorter than 1 ns.
  TimeBuckets(std::uint64_t duration_ns, std::size_t count) {
    const std::uint64_t duration = std::max<std::uint64_t>(duration_ns, 1);
    const std::uint64_t parts = std::clamp<std::uint64_t>(count, 1, duration);
    for (std::uint64_t i = 0; i <= parts; ++i)
      borders_.push_back(static_cast<std::uint64_t>(Wide{i} * duration / parts));
  }

  std::size_t size() const { return borders_.size() - 1; }
  // One more than there are buckets. A bucket holds what is at its own border or later, but before the next one; the
  // last holds the end too.
  const std::vector<std::uint64_t>& borders() const { return borders_; }
  std::size_t of(std::uint64_t time_ns) const {
    if (time_ns >= borders_.back()) return size() - 1;
    auto bucket = static_cast<std::size_t>(Wide{time_ns} * size() / borders_.back());
    while (borders_[bucket + 1] <= time_ns) ++bucket;  // borders are rounded down
    return bucket;
  }

 private:
  __extension__ using Wide = unsigned __int128;
  std::vector<std::uint64_t> borders_;
};

}  // namespace heaptape
