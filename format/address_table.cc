#include "format/address_table.h"

#include <sys/mman.h>

#include <bit>
#include <new>
#include <utility>

namespace heaptape {
namespace {

constexpr std::size_t kFirstBuckets = 16;
constexpr std::uint8_t kMany = 255;

}  // namespace

AddressTable::AddressTable() { make(kFirstBuckets); }

void AddressTable::Unmap::operator()(void* memory) const noexcept { munmap(memory, bytes); }

// Changes nothing if it throws. A large table lies in huge pages where they can be had: its places are visited at
// random, and looking up a page costs more than the visit.
void AddressTable::make(std::size_t count) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  std::vector<std::uint8_t> passed(count);
  const bool large = count * sizeof(Bucket) >= kHugePage;
  const std::size_t bytes = count * sizeof(Bucket) + (large ? kHugePage : 0);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = std::unique_ptr<void, Unmap>(memory, Unmap{bytes});
  passed_ = std::move(passed);
  auto at = reinterpret_cast<std::uintptr_t>(memory);
  if (large) {
    at = (at + kHugePage - 1) / kHugePage * kHugePage;
    madvise(reinterpret_cast<void*>(at), count * sizeof(Bucket), MADV_HUGEPAGE);
  }
  buckets_ = reinterpret_cast<Bucket*>(at);
  count_ = count;
  limit_ = count * kSlots / 4 * 3;
}

inline AddressTable::Slot* AddressTable::find(std::uint64_t key, std::size_t& bucket) const noexcept {
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
  if (Slot* slot = find(key, place)) return std::exchange(slot->value, value);
  if (size_ >= limit_) grow();
  insert({key, value});
  ++size_;
  return std::nullopt;
}

bool AddressTable::contains(std::uint64_t address) const noexcept {
  const std::uint64_t key = ~address;
  std::size_t bucket;
  return key == 0 ? top_.has_value() : find(key, bucket) != nullptr;
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
  Slot* slot = find(key, bucket);
  if (slot == nullptr) return std::nullopt;
  for (std::size_t passed = home_of(key); passed != bucket; passed = next(passed))
    if (passed_[passed] != kMany) --passed_[passed];
  slot->key = 0;
  --size_;
  return slot->value;
}

void AddressTable::grow() {
  AddressTable grown;
  grown.make(count_ + count_ / 2);
  for (std::size_t i = 0; i < count_; ++i)
    for (const Slot& slot : buckets_[i].slots)
      if (slot.key != 0) grown.insert(slot);
  grown.size_ = size_;
  grown.top_ = top_;
  *this = std::move(grown);
}

}  // namespace heaptape
