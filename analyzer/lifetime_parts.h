// Lifetimes by when blocks were born, in buckets of time: what the figures of all that was allocated in any stretch of
// the run can be summed up from. Lives are whole ones: a stretch ends nothing.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/lifetimes.h"
#include "analyzer/quantiles.h"
#include "analyzer/time_buckets.h"

namespace heaptape {

// Coarser than a whole run's, as each part has its own: a class is a quarter of its value wide at most.
using AgeClasses = LogClasses<2>;

// Of a group's blocks those born in one bucket.
struct LifetimePart {
  std::uint32_t bucket = 0;
  std::uint64_t blocks = 0, live = 0, temporary = 0, outlived = 0, freed_elsewhere = 0;  // as in LifetimesReport
  double byte_time = 0;                                                                  // bytes times nanoseconds
  std::vector<std::pair<std::uint32_t, std::uint64_t>> ages;  // released blocks by class of their lifetime in steps
};
struct TemporaryPart {
  std::uint32_t bucket = 0;
  std::uint64_t blocks = 0;
};

// Reports of a whole run, and the parts of their groups and loops, in the same order. A group without parts is one of
// too many: the first 20,000 that have a life over have them. Where a tape begins with an aggregate what that left live
// is in none.
struct LifetimesInParts {
  LifetimesReport by_site, by_thread;
  std::vector<std::vector<LifetimePart>> site_parts, thread_parts;  // in order of buckets
  std::vector<std::vector<TemporaryPart>> loop_parts;
};
LifetimesInParts lifetimes_in_parts(const TapeReader& tape, const Selection& selection, const TimeBuckets& buckets,
                                    Symbols& symbols);

// Collects them from a reading with the run's end at `end_ns`.
class LifetimeCollector final : public LifeWatcher {
 public:
  static constexpr std::size_t kMostGroups = 20'000;  // of each grouping

  // Blocks born up to `first_event` are left out.
  LifetimeCollector(const TimeBuckets& buckets, std::uint64_t clock_step_ns, std::uint64_t first_event,
                    std::uint64_t end_ns, std::size_t groupings)
      : buckets_(&buckets), step_ns_(clock_step_ns), first_event_(first_event), end_ns_(end_ns), groups_(groupings) {}

  void lived(const Life& life, std::span<const std::uint32_t> groups) override;

  std::vector<LifetimePart> parts(std::size_t grouping, std::uint32_t group) const;
  // Temporary blocks of several stacks.
  std::vector<TemporaryPart> temporary(std::span<const StackId> stacks) const;

 private:
  struct Part {  // see Weight
    std::uint32_t bucket = 0;
    std::uint64_t blocks = 0, live = 0, temporary = 0, outlived = 0, elsewhere = 0;
    WideCount byte_time = 0;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> ages;
  };
  void add(Part& part, const Life& life) const;

  const TimeBuckets* buckets_;
  std::uint64_t step_ns_, first_event_, end_ns_;
  std::vector<std::unordered_map<std::uint32_t, std::vector<Part>>> groups_;  // by grouping; parts in order of buckets
  std::unordered_map<std::uint32_t, std::vector<std::pair<std::uint32_t, std::uint64_t>>> temporary_;  // by stack
};

}  // namespace heaptape
