#include "recorder/guest/recorded_set.h"

namespace heaptape::guest {

// Counted before it is there, so that whoever finds no count may rely on it.
void RecordedSet::insert(std::uint64_t address) noexcept {
  const std::uint64_t hash = hash_of(address);
  for (int level = 0; level < kLevels; ++level) {
    const std::uint32_t bucket = bucket_of(level, hash);
    counts_[bucket].fetch_add(1, std::memory_order_acq_rel);
    for (std::atomic<std::uint64_t>& slot : buckets_[bucket].addresses) {
      std::uint64_t free = 0;
      if (slot.load(std::memory_order_relaxed) == 0 &&
          slot.compare_exchange_strong(free, address, std::memory_order_acq_rel))
        return;
    }
  }
  // Its counts stay for good, and lead the frees of these buckets here.
  overflowed_[hash >> (64 - kBits[kLevels - 1])].store(true, std::memory_order_release);
}

bool RecordedSet::remove(std::uint64_t address) noexcept {
  const std::uint64_t hash = hash_of(address);
  for (int level = 0; level < kLevels; ++level) {
    const std::uint32_t bucket = bucket_of(level, hash);
    if (counts_[bucket].load(std::memory_order_acquire) == 0) return false;
    for (std::atomic<std::uint64_t>& slot : buckets_[bucket].addresses) {
      std::uint64_t there = address;
      if (slot.load(std::memory_order_relaxed) != address ||
          !slot.compare_exchange_strong(there, 0, std::memory_order_acq_rel))
        continue;
      for (int each = level; each >= 0; --each) counts_[bucket_of(each, hash)].fetch_sub(1, std::memory_order_acq_rel);
      return true;
    }
  }
  return overflowed_[hash >> (64 - kBits[kLevels - 1])].load(std::memory_order_acquire);
}

}  // namespace heaptape::guest
