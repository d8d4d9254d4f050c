// Births that wait for their release, by address: a flat table for whoever needs no more of a block than what is here.
#pragma once

#include <cstdint>
#include <utility>

#include "format/address_hash.h"
#include "format/event.h"
#include "format/large_memory.h"

namespace heaptape {

struct OpenBirth {
  std::uint64_t address = 0;
  std::uint64_t size = 0;   // as requested
  std::uint64_t event = 0;  // number of events up to and with it; 0: there is none
  StackId stack = kEmptyStack;
  bool is_held = false;  // by the layer in question
};

// Linear probing, half full at most, two entries to a cache line. What leaves is filled up from
// behind, so that nothing is left of it (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
class OpenBirths {
 public:
  // Makes room for that many at once.
  void reserve(std::size_t births) {
    if (births * 2 > entries_.size()) grow(births * 2);
  }
  // False: there is one at its address, which stays.
  [[nodiscard]] bool put(const OpenBirth& birth) {
    if (size_ * 2 >= entries_.size()) grow(entries_.size() * 2);
    OpenBirth& entry = entries_[place_of(birth.address)];
    if (entry.event != 0) return false;
    entry = birth;
    ++size_;
    return true;
  }
  // Removes it and answers it.
  OpenBirth take(std::uint64_t address) noexcept {
    std::size_t vacant = place_of(address);
    const OpenBirth taken = entries_[vacant];
    if (taken.event == 0) return taken;
    --size_;
    for (std::size_t place = next(vacant); entries_[place].event != 0; place = next(place)) {
      const std::size_t home = home_of(entries_[place].address);
      // It may move where that is not before its home, on the way round.
      const bool stays = vacant <= place ? vacant < home && home <= place : vacant < home || home <= place;
      if (stays) continue;
      entries_[vacant] = entries_[place];
      vacant = place;
    }
    entries_[vacant].event = 0;
    return taken;
  }
  // Says that put() or take() of this address is soon to come.
  [[gnu::always_inline]] void prefetch(std::uint64_t address) const noexcept {
    __builtin_prefetch(&entries_[home_of(address)], 1);
  }
  // In no order.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const OpenBirth& entry : entries_)
      if (entry.event != 0) visit(entry);
  }

 private:
  static constexpr std::size_t kFirst = 1024;

  std::size_t home_of(std::uint64_t address) const noexcept { return home_of_address(address, entries_.size()); }
  std::size_t next(std::size_t place) const noexcept { return place + 1 == entries_.size() ? 0 : place + 1; }
  // Where the address is, or else the vacant place for it.
  std::size_t place_of(std::uint64_t address) const noexcept {
    std::size_t place = home_of(address);
    while (entries_[place].event != 0 && entries_[place].address != address) place = next(place);
    return place;
  }
  void grow(std::size_t places) {
    const LargeVector<OpenBirth> old = std::exchange(entries_, LargeVector<OpenBirth>(places));
    for (const OpenBirth& entry : old)
      if (entry.event != 0) entries_[place_of(entry.address)] = entry;
  }

  LargeVector<OpenBirth> entries_ = LargeVector<OpenBirth>(kFirst);
  std::size_t size_ = 0;
};

}  // namespace heaptape
