// When blocks were born and when they ended, by groups of stacks, in buckets of time: what any stretch of the run can
// be summed up from.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/folded_tree.h"
#include "analyzer/membership.h"
#include "analyzer/replay.h"
#include "analyzer/time_buckets.h"

namespace heaptape {

// Of blocks born on the tape; those that an aggregate left live have no bucket.
class LifeCellsPass : public Pass {
 public:
  // `group_of`: by StackId, below `groups`. All must outlive this.
  LifeCellsPass(const Membership& membership, const TimeBuckets& buckets, const std::vector<std::uint32_t>& group_of,
                std::size_t groups);

  void opened(const Opening& opening) override { opened_ = opening.events; }
  void born(const Block& block, Moment now) override;
  void ended(const Block& block, Fate fate, Moment now) override;
  void restored(const Block& block, Fate fate, Moment now) override;

  // By group, in order of birth and end. Call once, after the replay.
  std::vector<std::vector<LifeCell>> take_cells();

 private:
  struct Parts {  // see Weight; modulo their width, as some are negative
    WideCount bytes = 0;
    std::uint64_t blocks = 0, temporary = 0;
  };
  struct Column {       // of one group and bucket of birth
    Parts born, ended;  // all; those that ended in the bucket that they were born in
  };
  bool counts(const Block& block) const { return block.birth_event > opened_ && membership_->holds(block); }
  std::uint32_t group(const Block& block) const { return (*group_of_)[static_cast<std::size_t>(block.stack)]; }
  std::size_t reach(std::uint64_t time_ns);
  Column& column(std::size_t bucket, std::uint32_t group) { return columns_[bucket * groups_ + group]; }
  Parts& end_of(const Block& block, std::size_t bucket);

  const Membership* membership_;
  const TimeBuckets* buckets_;
  const std::vector<std::uint32_t>* group_of_;
  std::size_t groups_;
  LargeVector<Column> columns_;
  std::unordered_map<std::uint64_t, Parts> later_;  // by group, birth and end: what ended in a later bucket
  std::uint64_t opened_ = 0;
  std::size_t current_ = 0;
};

}  // namespace heaptape
