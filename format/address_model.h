// What an allocator's habits tell about the next address. It gives a block that was just freed to the next request of
// its size; what it cuts from fresh memory lies behind what it cut before; programs free what they were given last.
// So most addresses become a small number: a rank among recent addresses.
//
// Encoder and decoder keep one each, tell it the same events, and so know the same. State of one block of events.
// FORMAT.md, "Addresses by habit", has it in words.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>

namespace heaptape {

// The last 16 addresses that came, newest first; a rank counts from the newest. `Item`: what is kept of each. Who never
// asks for an address' rank has less to keep.
template <typename Item, bool kFinds = true>
class Recent {
 public:
  static constexpr std::uint32_t kMost = 16;

  std::uint32_t size() const noexcept { return size_; }
  const Item& at(std::uint32_t rank) const noexcept { return items_[(first_ + rank) % kMost]; }
  // The smallest rank of the address; kMost: it is not here.
  std::uint32_t find(std::uint64_t address) const noexcept {
    static_assert(kFinds);
    if (size_ != 0 && at(0).address == address) return 0;
    const std::uint32_t equal = equal_tags(tag_of(address));
    std::uint32_t ranks = (equal >> first_ | equal << (kMost - first_)) & ((1u << size_) - 1);
    for (; ranks != 0; ranks &= ranks - 1)
      if (const auto rank = static_cast<std::uint32_t>(std::countr_zero(ranks)); at(rank).address == address)
        return rank;
    return kMost;
  }
  void push(const Item& item) noexcept {
    first_ = (first_ - 1) % kMost;
    items_[first_] = item;
    if constexpr (kFinds) tags_[first_] = tag_of(item.address);
    size_ = std::min(size_ + 1, kMost);
  }
  void remove(std::uint32_t rank) noexcept {
    for (std::uint32_t to = first_ + rank; to != first_; --to) {
      items_[to % kMost] = items_[(to - 1) % kMost];
      if constexpr (kFinds) tags_[to % kMost] = tags_[(to - 1) % kMost];
    }
    first_ = (first_ + 1) % kMost;
    --size_;
  }
  void clear() noexcept { size_ = 0; }

 private:
  static std::uint32_t tag_of(std::uint64_t address) noexcept { return static_cast<std::uint32_t>(address >> 4); }
  // Bit i: tags_[i] is this. Which one it is can't be foreseen, so there is no branch for each.
  std::uint32_t equal_tags(std::uint32_t tag) const noexcept {
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
    const auto four = [&](int i) {
      return _mm_cmpeq_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(tags_.data()) + i), wanted);
    };
    const __m128i low = _mm_packs_epi32(four(0), four(1)), high = _mm_packs_epi32(four(2), four(3));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
#else
    std::uint32_t equal = 0;
    for (std::uint32_t i = 0; i < kMost; ++i) equal |= std::uint32_t{tags_[i] == tag} << i;
    return equal;
#endif
  }

  alignas(16) std::array<std::uint32_t, kFinds ? kMost : 0> tags_;  // low bits of the addresses
  std::array<Item, kMost> items_;
  std::uint32_t first_ = 0, size_ = 0;
};

struct AddressCodes {
  static constexpr std::uint32_t kRanks = 16;

  // How the address of a birth is coded; below kRanks: a rank among the freed addresses of its list.
  enum BirthCode : std::uint8_t {
    kBehindLast = kRanks,  // right behind the block born before
    kBehindFresh,          // right behind the last block whose code was no rank
    kLastReleased,         // where the last release was, of any size
    kFarAligned,           // by its difference to the last one so coded, in units of 16
    kFar,                  // the same in bytes
    kBirthCodes
  };
  // The same of a release; below kRanks: a rank among the addresses born last and not released by rank.
  enum ReleaseCode : std::uint8_t {
    kByNumber = kRanks,  // by the number of its birth in this block
    kOlderAligned,       // born before this block: by its difference to the last one so coded, in units of 16
    kOlder,              // the same in bytes
    kReleaseCodes
  };

  // What glibc takes for a request, in units of 16 bytes. Other allocators have other sizes, but reuse by size too.
  static constexpr std::uint64_t units_of(std::uint64_t size) noexcept {
    return std::max<std::uint64_t>((size + 8 + 15) / 16, 2);
  }
};

// `kEncodes`: for an encoder, which asks for codes; a decoder has them.
template <bool kEncodes>
class AddressHabits : public AddressCodes {
 public:
  struct Birth {
    std::uint64_t address;
    std::uint32_t units;  // but for its higher bits
    std::uint32_t place;  // in the block of events, for a decoder
  };
  struct Ranked {
    std::uint64_t address;
    std::uint32_t number;
  };

  // A new block of events. `births`: that it holds at most.
  void begin(std::uint32_t births) {
    if (births > room_) {
      births_ = std::make_unique_for_overwrite<Birth[]>(births);
      room_ = births;
    }
    count_ = 0;
    for (auto& list : freed_) list.clear();
    recent_.clear();
    behind_last_ = behind_fresh_ = last_released_ = far_ = older_ = 0;
    last_number_ = 0;
  }

  std::uint32_t count() const noexcept { return count_; }
  const Birth& birth(std::uint64_t number) const noexcept { return births_[number]; }
  std::uint32_t last_number() const noexcept { return last_number_; }
  std::uint64_t far() const noexcept { return far_; }
  std::uint64_t older() const noexcept { return older_; }

  // Encoder: how a birth's address is coded.
  std::uint8_t code_of_birth(std::uint64_t address, std::uint64_t units, std::uint32_t thread) const noexcept {
    if (const std::uint32_t rank = freed(units, thread).find(address); rank < kRanks)
      return static_cast<std::uint8_t>(rank);
    if (address == behind_last_) return kBehindLast;
    if (address == behind_fresh_) return kBehindFresh;
    if (address == last_released_) return kLastReleased;
    return (address - far_) % 16 == 0 ? kFarAligned : kFar;
  }
  // Decoder: the address of a code before kFarAligned. False: it has none.
  bool address_of_birth(std::uint8_t code, std::uint64_t units, std::uint32_t thread,
                        std::uint64_t& address) const noexcept {
    if (code < kRanks) {
      const Freed& list = freed(units, thread);
      if (code >= list.size()) return false;
      address = list.at(code).address;
    } else {
      address = code == kBehindLast ? behind_last_ : code == kBehindFresh ? behind_fresh_ : last_released_;
    }
    return code < kFarAligned;
  }
  // Both: a birth so coded.
  void born(std::uint8_t code, std::uint64_t address, std::uint64_t units, std::uint32_t thread,
            std::uint32_t place = 0) noexcept {
    if (code < kRanks)
      freed(units, thread).remove(code);
    else
      behind_fresh_ = address + units * 16;
    if (code >= kFarAligned) far_ = address;
    behind_last_ = address + units * 16;
    recent_.push({address, count_});
    births_[count_++] = {address, static_cast<std::uint32_t>(units), place};
  }

  // Encoder: the birth that the next one leaves without a rank; null: there is none.
  const Ranked* about_to_lose_rank() const noexcept {
    return recent_.size() == kRanks ? &recent_.at(kRanks - 1) : nullptr;
  }

  // Encoder: the rank of a release's address; kByNumber: it has none.
  std::uint8_t rank_of_release(std::uint64_t address) const noexcept {
    static_assert(kByNumber == kRanks);
    return static_cast<std::uint8_t>(recent_.find(address));
  }
  // Decoder: the birth at a rank; null: there is none.
  const Ranked* at_rank(std::uint8_t rank) const noexcept {
    return rank < recent_.size() ? &recent_.at(rank) : nullptr;
  }
  // Both: the release of a birth of this block.
  void released_by_rank(std::uint8_t rank, std::uint32_t thread) noexcept {
    const std::uint32_t number = recent_.at(rank).number;
    recent_.remove(rank);
    released(number, thread);
  }
  void released(std::uint32_t number, std::uint32_t thread) noexcept {
    last_number_ = number;
    free(births_[number].address, births_[number].units, thread);
  }
  // Both: the release of an older block; `units` 0: its size is not known.
  void released_older(std::uint64_t address, std::uint64_t units, std::uint32_t thread) noexcept {
    older_ = address;
    last_number_ = count_;
    if (units != 0)
      free(address, units, thread);
    else
      last_released_ = address;
  }

 private:
  struct Block {
    std::uint64_t address;
  };
  static constexpr std::uint32_t kLists = 64;
  using Freed = Recent<Block, kEncodes>;
  static_assert(Freed::kMost == kRanks);

  static std::size_t list_of(std::uint64_t units, std::uint32_t thread) noexcept {
    return (units + std::uint64_t{thread} * 67) % kLists;
  }
  Freed& freed(std::uint64_t units, std::uint32_t thread) noexcept { return freed_[list_of(units, thread)]; }
  const Freed& freed(std::uint64_t units, std::uint32_t thread) const noexcept {
    return freed_[list_of(units, thread)];
  }
  void free(std::uint64_t address, std::uint64_t units, std::uint32_t thread) noexcept {
    last_released_ = address;
    freed(units, thread).push({address});
  }

  std::array<Freed, kLists> freed_;
  Recent<Ranked, kEncodes> recent_;
  std::unique_ptr<Birth[]> births_;  // by number; what is not used takes no memory
  std::uint32_t room_ = 0, count_ = 0;
  std::uint64_t behind_last_ = 0, behind_fresh_ = 0, last_released_ = 0, far_ = 0, older_ = 0;
  std::uint32_t last_number_ = 0;
};

using AddressModel = AddressHabits<true>;
using DecoderHabits = AddressHabits<false>;

}  // namespace heaptape
