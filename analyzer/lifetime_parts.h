// Lifetimes by when blocks were born and when they ended, in buckets of time: what the figures of any stretch of the
// run can be summed up from. A failed realloc counts as if it had not been tried.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/lifetimes.h"
#include "analyzer/quantiles.h"
#include "analyzer/sites.h"
#include "analyzer/time_buckets.h"

namespace heaptape {

// Coarser than a whole run's, as each cell has its own.
using AgeClasses = LogClasses<2>;

// Of a group's blocks born in one bucket that ended in another.
struct LifetimeCell {
  std::uint32_t birth = 0, end = 0;  // `end` is the number of buckets for those that live on
  std::uint64_t blocks = 0, bytes = 0, temporary = 0, freed_elsewhere = 0;
  double lived = 0;  // bytes times nanoseconds, of those that ended
  double since = 0;  // the same, from where the bucket begins that they were born in up to their births
  std::vector<std::pair<std::uint32_t, std::uint64_t>> ages;  // blocks by class of their lifetime in steps; in order
};
// Of blocks born in one bucket, to how many something happened in another.
struct BlocksCell {
  std::uint32_t birth = 0, end = 0;
  std::int64_t blocks = 0;
};
struct LifetimeParts {
  bool is_known = false;            // false: not one of those that were chosen
  std::vector<LifetimeCell> cells;  // both in order of birth and end
  // Whose thread ended there while they lived. Less than 0 where one was found gone later: nobody saw it end, so it is
  // told no more, while sums up to any border before that are right.
  std::vector<BlocksCell> outlived;
};

// Reports of a whole run, and the parts of their groups and loops, in the same order.
struct LifetimesInParts {
  LifetimesReport by_site, by_thread;
  std::vector<LifetimeParts> site_parts, thread_parts;
  std::vector<std::vector<BlocksCell>> loop_parts;
};
// `stacks`: what each cost; of more sites than `most` those have parts that allocated most, and of more threads the
// first. Blocks that an aggregate left live have none. Memory grows with those, and with stacks of temporary blocks.
LifetimesInParts lifetimes_in_parts(const TapeReader& tape, const Selection& selection, const TimeBuckets& buckets,
                                    const CostsByStack& stacks, std::size_t most, Sites& sites, Symbols& symbols);

// Collects them from a reading whose groups have small numbers.
class LifetimeCollector final : public LifeWatcher {
 public:
  // By grouping: which groups have parts. Blocks born up to `first_event` have none.
  LifetimeCollector(const TimeBuckets& buckets, std::uint64_t clock_step_ns, std::uint64_t first_event,
                    std::vector<std::vector<char>> chosen);

  void lived(const Life& life, std::span<const std::uint32_t> groups) override;

  LifetimeParts take(std::size_t grouping, std::uint32_t group);
  // Temporary blocks of several stacks.
  std::vector<BlocksCell> temporary(std::span<const StackId> stacks) const;

 private:
  struct Parts {  // see Weight
    WideCount bytes = 0;
    std::uint64_t blocks = 0, temporary = 0, elsewhere = 0;
    double lived = 0, since = 0;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> ages;
  };
  using Key = std::uint32_t;  // birth and end
  struct Group {
    std::unordered_map<Key, Parts> cells;
    std::unordered_map<Key, std::int64_t> outlived;
    Key newest = 0;
    Parts* newest_parts = nullptr;  // in `cells`: most lives go where the last one went
  };
  static Key key_of(std::size_t birth, std::size_t end) { return static_cast<Key>(birth << 16 | end); }
  void add(Group& group, const Life& life, std::size_t birth, std::size_t end) const;

  const TimeBuckets* buckets_;
  std::uint64_t step_ns_, first_event_;
  std::vector<std::vector<char>> chosen_;
  std::vector<std::vector<Group>> groups_;  // by grouping
  std::unordered_map<std::uint32_t, std::vector<std::pair<Key, std::int64_t>>>
      temporary_;  // by stack: parts, the newest last
};

}  // namespace heaptape
