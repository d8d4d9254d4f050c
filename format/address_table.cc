#include "format/address_table.h"

#include <bit>
#include <utility>

namespace heaptape {
namespace {

constexpr std::size_t kFirstBuckets = 16;
constexpr std::uint8_t kMany = 255;

}  // namespace

AddressTable::AddressTable() { make(kFirstBuckets); }

// Changes nothing if it throws.
void AddressTable::make(std::size_t count) {
  LargeVector<Bucket> buckets(count);
  LargeVector<std::uint8_t> passed(count);
  memory_ = std::move(buckets);
  buckets_ = memory_.data();
  passed_ = std::move(passed);
  count_ = count;
  limit_ = count * kSlots / 4 * 3;
}

inline AddressTable::Slot* AddressTable::slot_of(std::uint64_t key, std::size_t& bucket) const noexcept {
  const std::size_t home = home_of(key);
  bucket = home;
  do {
    if (const unsigned found = where(buckets_[bucket], key); found != 0)
      return &buckets_[bucket].slots[std::countr_zero(found)];
    if (passed_[bucket] == 0) return nullptr;
    bucket = next(bucket);
  } while (bucket != home);
  return nullptr;
}

// There is room, and the key is not there.
inline void AddressTable::insert(Slot entry) noexcept {
  for (std::size_t bucket = home_of(entry.key);; bucket = next(bucket)) {
    if (const unsigned vacant = where(buckets_[bucket], 0); vacant != 0) {
      buckets_[bucket].slots[std::countr_zero(vacant)] = entry;
      return;
    }
    if (passed_[bucket] != kMany) ++passed_[bucket];
  }
}

std::optional<std::uint64_t> AddressTable::find(std::uint64_t address) const noexcept {
  const std::uint64_t key = ~address;
  if (key == 0) return top_;
  std::size_t bucket = 0;
  const Slot* slot = slot_of(key, bucket);
  return slot != nullptr ? std::optional(slot->value) : std::nullopt;
}

std::optional<std::uint64_t> AddressTable::put(std::uint64_t address, std::uint64_t value) {
  const std::uint64_t key = ~address;
  if (key == 0) {
    if (!top_) ++size_;
    return std::exchange(top_, value);
  }
  const std::size_t home = home_of(key);
  Bucket& bucket = buckets_[home];
  const unsigned vacant = where(bucket, 0);
  if (vacant != 0 && size_ < limit_ && passed_[home] == 0 && where(bucket, key) == 0) [[likely]] {
    bucket.slots[std::countr_zero(vacant)] = {key, value};
    ++size_;
    return std::nullopt;
  }
  std::size_t place;
  if (Slot* slot = slot_of(key, place)) return std::exchange(slot->value, value);
  if (size_ >= limit_) grow(count_ + count_ / 2);
  insert({key, value});
  ++size_;
  return std::nullopt;
}

std::optional<std::uint64_t> AddressTable::erase(std::uint64_t address) noexcept {
  const std::uint64_t key = ~address;
  if (key == 0) {
    const auto value = top_;
    top_.reset();
    if (value) --size_;
    return value;
  }
  std::size_t bucket;
  Slot* slot = slot_of(key, bucket);
  if (slot == nullptr) return std::nullopt;
  for (std::size_t passed = home_of(key); passed != bucket; passed = next(passed))
    if (passed_[passed] != kMany) --passed_[passed];
  slot->key = 0;
  --size_;
  return slot->value;
}

void AddressTable::reserve(std::size_t entries) {
  const std::size_t count = entries / (kSlots / 4 * 3) + 1;
  if (count > count_) grow(count);
}

void AddressTable::grow(std::size_t count) {
  AddressTable grown;
  grown.make(count);
  for (std::size_t i = 0; i < count_; ++i)
    for (const Slot& slot : buckets_[i].slots)
      if (slot.key != 0) grown.insert(slot);
  grown.size_ = size_;
  grown.top_ = top_;
  *this = std::move(grown);
}

}  // namespace heaptape
