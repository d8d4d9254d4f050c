#include "format/address_table.h"

#include <cstdlib>
#include <new>
#include <utility>

namespace heaptape {
namespace {

constexpr std::size_t kFirstCapacity = 64;
constexpr std::size_t limit_of(std::size_t capacity) { return capacity / 4 * 3; }

}  // namespace

AddressTable::AddressTable()
    : capacity_(kFirstCapacity), limit_(limit_of(kFirstCapacity)), slots_(make_slots(kFirstCapacity)) {}

void AddressTable::Free::operator()(Slot* slots) const noexcept { std::free(slots); }

// calloc, since large tables then come as fresh zero pages that cost nothing until used.
AddressTable::Slots AddressTable::make_slots(std::size_t count) {
  auto* slots = static_cast<Slot*>(std::calloc(count, sizeof(Slot)));
  if (slots == nullptr) throw std::bad_alloc();
  return Slots(slots);
}

// Fibonacci hashing; the high half of the product with the capacity maps it to any capacity, so
// that the table may grow by halves.
inline std::size_t AddressTable::home_of(std::uint64_t key) const noexcept {
  const std::uint64_t hash = (key ^ (key >> 32)) * 0x9e37'79b9'7f4a'7c15;
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((static_cast<Wide>(hash) * capacity_) >> 64);
}

inline AddressTable::Slot* AddressTable::probe(std::uint64_t key) const noexcept {
  Slot* slot = &slots_[home_of(key)];
  const Slot* end = &slots_[0] + capacity_;
  while (slot->key != 0 && slot->key != key) {
    if (++slot == end) slot = &slots_[0];
  }
  return slot;
}

std::optional<std::uint64_t> AddressTable::put(std::uint64_t address, std::uint64_t value) {
  const std::uint64_t key = ~address;
  if (key == 0) {
    if (!top_) ++size_;
    return std::exchange(top_, value);
  }
  Slot* slot = probe(key);
  if (slot->key == key) return std::exchange(slot->value, value);
  if (size_ >= limit_) {
    grow();
    slot = probe(key);
  }
  *slot = {key, value};
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
  Slot* found = probe(key);
  if (found->key == 0) return std::nullopt;
  const std::uint64_t value = found->value;
  auto hole = static_cast<std::size_t>(found - &slots_[0]);
  // Entries behind the hole move into it unless that would put them before their home.
  for (std::size_t at = hole;;) {
    if (++at == capacity_) at = 0;
    if (slots_[at].key == 0) break;
    const std::size_t home = home_of(slots_[at].key);
    const bool home_lies_behind_hole = hole <= at ? (hole < home && home <= at) : (hole < home || home <= at);
    if (home_lies_behind_hole) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = {};
  --size_;
  return value;
}

void AddressTable::grow() {
  const std::size_t old_capacity = capacity_;
  Slots old = std::move(slots_);
  const std::size_t grown = old_capacity + old_capacity / 2;
  try {
    slots_ = make_slots(grown);
  } catch (...) {
    slots_ = std::move(old);
    throw;
  }
  capacity_ = grown;
  limit_ = limit_of(grown);
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old[i].key != 0) *probe(old[i].key) = old[i];
  }
}

}  // namespace heaptape
