// The blocks whose birth was recorded, by address: so that the free of one that was left out is left out too.
//
// Open addressing in three levels of buckets of a cache line each; a bucket that is full sends what comes to the next
// level. A count for each bucket says how many blocks it stands for, those that went on included: most frees are one
// load of it and a test. Bounded: where the last level is full a bucket is marked for good, and frees that fall into
// it are recorded, for the drain to tell. In private memory that a forked child inherits, as it inherits the blocks.
//
// Under malloc, any thread, signal handlers too. Starts as zeros.
#pragma once

#include <atomic>
#include <cstdint>

namespace heaptape::guest {

class RecordedSet {
 public:
  void insert(std::uint64_t address) noexcept;
  // The quick half of remove(). False: its birth was not recorded.
  bool may_hold(std::uint64_t address) const noexcept {
    return counts_[bucket_of(0, hash_of(address))].load(std::memory_order_acquire) != 0;
  }
  // Takes the block out. False: its birth was not recorded. True: it was, or may have been.
  bool remove(std::uint64_t address) noexcept;

 private:
  static constexpr int kLevels = 3;
  static constexpr int kBits[kLevels] = {10, 14, 18};  // buckets: 64 KiB, 1 MiB, 16 MiB, touched as they are used
  static constexpr std::uint32_t kSlots = 8;
  struct alignas(64) Bucket {
    std::atomic<std::uint64_t> addresses[kSlots];  // 0: free
  };
  static constexpr std::uint32_t kFirst[kLevels] = {0, 1u << 10, (1u << 10) + (1u << 14)};
  static constexpr std::uint32_t kBuckets = (1u << 10) + (1u << 14) + (1u << 18);

  static std::uint64_t hash_of(std::uint64_t address) noexcept { return (address >> 4) * 0x9e3779b97f4a7c15; }
  static std::uint32_t bucket_of(int level, std::uint64_t hash) noexcept {
    return kFirst[level] + static_cast<std::uint32_t>(hash >> (64 - kBits[level]));
  }

  std::atomic<std::uint32_t> counts_[kBuckets];             // by bucket
  std::atomic<bool> overflowed_[1u << kBits[kLevels - 1]];  // of the last level
  Bucket buckets_[kBuckets];
};

}  // namespace heaptape::guest
