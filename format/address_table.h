// A map from addresses to 64-bit values: what is live now.
//
// Buckets of four entries, a cache line each, between 1/2 and 3/4 full once the table has grown: at most 33 bytes per
// entry at its largest. An entry that finds its bucket full goes to the next one with room, and each bucket counts the
// entries that went past it: so most look-ups touch one line, and erasing leaves nothing behind.
#pragma once

#include <cstdint>
#include <optional>

#include "format/address_hash.h"
#include "format/large_memory.h"

namespace heaptape {

class AddressTable {
 public:
  AddressTable();
  // Makes room for that many entries at once.
  void reserve(std::size_t entries);

  // Enters the value, and answers the one that it replaces.
  std::optional<std::uint64_t> put(std::uint64_t address, std::uint64_t value);
  // Removes the entry and answers its value.
  std::optional<std::uint64_t> erase(std::uint64_t address) noexcept;
  // Says that put() or erase() of this address is to come. (Not inlined, gcc drops the call: it changes nothing.)
  [[gnu::always_inline]] void prefetch(std::uint64_t address) const noexcept {
    const std::size_t home = home_of(~address);
    __builtin_prefetch(&buckets_[home], 1);
    __builtin_prefetch(&passed_[home], 1);
  }

  bool contains(std::uint64_t address) const noexcept { return find(address).has_value(); }
  std::optional<std::uint64_t> find(std::uint64_t address) const noexcept;

  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return count_ * (sizeof(Bucket) + sizeof(std::uint8_t)); }

 private:
  // The complement of the address, so that zeroed memory is an empty table. The one address whose
  // complement is 0 gets `top_` instead of a slot.
  struct Slot {
    std::uint64_t key;
    std::uint64_t value;
  };
  static constexpr std::size_t kSlots = 4;
  struct alignas(64) Bucket {
    Slot slots[kSlots];
  };

  std::size_t home_of(std::uint64_t key) const noexcept { return home_of_address(key, count_); }
  // Bit i: slot i of the bucket holds `key`. Which it is can't be foreseen, so there is no branch for each.
  static unsigned where(const Bucket& bucket, std::uint64_t key) noexcept {
    const auto at = [&](unsigned i) { return static_cast<unsigned>(bucket.slots[i].key == key) << i; };
    return at(0) | at(1) | at(2) | at(3);
  }
  std::size_t next(std::size_t bucket) const noexcept { return bucket + 1 == count_ ? 0 : bucket + 1; }
  // The slot that holds `key` and its bucket; null if there is none.
  Slot* slot_of(std::uint64_t key, std::size_t& bucket) const noexcept;
  void insert(Slot entry) noexcept;
  void make(std::size_t count);
  void grow(std::size_t count);

  std::size_t count_ = 0;  // of buckets
  std::size_t limit_ = 0;  // grows when more are in use
  std::size_t size_ = 0;
  LargeVector<Bucket> memory_;
  Bucket* buckets_ = nullptr;         // in memory_
  LargeVector<std::uint8_t> passed_;  // by bucket: entries that went past it; kMany: as many or more, for good
  std::optional<std::uint64_t> top_;
};

}  // namespace heaptape
