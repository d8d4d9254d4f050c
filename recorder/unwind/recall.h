// Recalls whole walks. A program allocates again and again by the same calls from the same place on its stack; a walk
// that would read what an earlier one read ends as that one did, so comparing is enough: independent loads in place of
// a chain of them.
//
// Under malloc. The caller sees to it that a signal handler does not enter what it interrupted.
#pragma once

#include <cstdint>

namespace heaptape::unwind {

// Where on the stack a walk has read what its result depends on: return addresses, and saved frame pointers as far as
// a frame was found by them. The rules are not in it: they are fixed within an epoch.
struct Trace {
  static constexpr std::uint32_t kMost = 40;
  std::uint32_t count = 0;
  bool complete = true;  // false: the walk read more than this, or elsewhere
  std::uint64_t slots[kMost];

  void add(std::uint64_t slot) noexcept {
    if (count < kMost) [[likely]]
      slots[count++] = slot;
    else
      complete = false;
  }
};

// One thread's recent walks on its own stack. Zero to begin with.
//
// Walks from one place are told apart by what differs: where an entry does not fit, the words that did not lead to the
// entry to try next, as in a trie.
class Recalls {
 public:
  // What was kept for the walk that begins at `frame`, if all that it read is still there. 0: not known; keep() may
  // follow.
  std::uint32_t find(std::uint64_t frame, std::uint32_t epoch) noexcept {
    vacancy_ = nullptr;
    if (balance_ < -kPatience && (++skipped_ & kSkips) != 0) return 0;
    std::uint64_t hash = (frame ^ word_at(frame + 8)) * 0x9e3779b97f4a7c15;
    for (std::uint32_t turn = 0; turn < kTurns; ++turn) {
      Entry& entry = entries_[hash >> 57];
      if (entry.frame != frame || entry.epoch != epoch) {
        if (vacancy_ == nullptr) vacancy_ = &entry;
        break;
      }
      const std::uint32_t differing = first_difference(entry, frame);
      if (differing == entry.count) [[likely]] {
        if (vacancy_ != nullptr) [[unlikely]]
          break;  // it belongs nearer to the front, where an entry is no longer of use
        balance_ = balance_ > kMostBalance ? balance_ : balance_ + kHitBalance;
        entry.worth = entry.worth > kMostWorth - kHitWorth ? kMostWorth : entry.worth + kHitWorth;
        return entry.id;
      }
      if (entry.worth == 0)
        vacancy_ = &entry;
      else
        --entry.worth;
      std::uint64_t words = differing;
      for (std::uint32_t i = 0; i < kStride; ++i) words ^= word_at(frame + entry.offsets[differing + i] * 8u) << i;
      hash = (hash ^ words) * 0x9e3779b97f4a7c15;
    }
    balance_ = balance_ < -kMostBalance ? balance_ : balance_ - 1;
    return 0;
  }

  // Keeps what the walk from `frame` ended in, that find() has just not known.
  void keep(std::uint64_t frame, std::uint32_t epoch, const Trace& trace, std::uint32_t id) noexcept;
  // The stack is another one from here on.
  void forget() noexcept;

 private:
  static constexpr std::uint32_t kEntries = 128;
  static constexpr std::uint32_t kTurns = 3;   // entries that are tried
  static constexpr std::uint32_t kStride = 4;  // words compared at a time
  // An entry gives way when it is tried in vain this often for each time that it fits.
  static constexpr std::uint8_t kHitWorth = 4, kMostWorth = 16;

  // Where less than a quarter of all walks is recalled, trying costs more than it saves: then one in eight is tried.
  static constexpr std::int32_t kHitBalance = 3, kMostBalance = 64, kPatience = 32;
  static constexpr std::uint32_t kSkips = 7;

  struct Entry {
    std::uint64_t frame;  // 0: empty, or being written
    std::uint32_t epoch;
    std::uint32_t id;
    std::uint8_t count;  // a multiple of kStride
    std::uint8_t worth;
    std::uint16_t offsets[Trace::kMost];  // from `frame`, in words
    std::uint64_t values[Trace::kMost];
  };
  static_assert(kEntries == 1u << 7, "57 leaves 7 bits");
  static_assert(Trace::kMost % kStride == 0);

  static std::uint64_t word_at(std::uint64_t address) noexcept {
    std::uint64_t word;
    __builtin_memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
    return word;
  }
  // Where the first words lie that are not as they were; the entry's count if all are.
  static std::uint32_t first_difference(const Entry& entry, std::uint64_t frame) noexcept {
    std::uint32_t at = 0;
    const auto differs = [&](std::uint32_t i) { return word_at(frame + entry.offsets[i] * 8u) ^ entry.values[i]; };
    static_assert(kStride == 4, "as many are compared here");
    while (at < entry.count && (differs(at) | differs(at + 1) | differs(at + 2) | differs(at + 3)) == 0) at += kStride;
    return at;
  }

  Entry entries_[kEntries];
  Entry* vacancy_;  // where the walk that find() did not know may be kept
  std::int32_t balance_;
  std::uint32_t skipped_;
};

}  // namespace heaptape::unwind
