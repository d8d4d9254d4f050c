// What each stack allocated in each part of the run.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/membership.h"
#include "analyzer/replay.h"
#include "analyzer/time_buckets.h"
#include "format/large_memory.h"

namespace heaptape {

class BirthBucketsPass : public Pass {
 public:
  struct Entry {
    std::uint32_t stack = 0, bucket = 0;
    WideCount bytes = 0;
    std::uint64_t blocks = 0;  // both in parts, see Weight
  };

  BirthBucketsPass(const Membership& membership, const TimeBuckets& buckets, std::size_t stacks)
      : membership_(&membership), buckets_(&buckets), newest_(stacks) {}

  void born(const Block& block, Moment now) override {
    if (!membership_->holds(block)) return;
    const Weight weight = weigh(block);
    Entry& entry = entry_of(static_cast<std::uint32_t>(block.stack), now.time_ns);
    entry.bytes += weight.bytes;
    entry.blocks += weight.blocks;
  }

  // In order of buckets; each stack at most once in each.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  Entry& entry_of(std::uint32_t stack, std::uint64_t time_ns) {
    while (current_ + 1 < buckets_->size() && buckets_->borders()[current_ + 1] <= time_ns) ++current_;
    std::uint32_t& newest = newest_[stack];  // plus 1
    if (newest == 0 || entries_[newest - 1].bucket != current_) {
      entries_.push_back({stack, static_cast<std::uint32_t>(current_), 0, 0});
      newest = static_cast<std::uint32_t>(entries_.size());
    }
    return entries_[newest - 1];
  }

  const Membership* membership_;
  const TimeBuckets* buckets_;
  LargeVector<std::uint32_t> newest_;
  std::vector<Entry> entries_;
  std::size_t current_ = 0;
};

}  // namespace heaptape
