// Recalls whole walks. A program allocates again and again by the same calls from the same place on its stack; a walk
// that would read what an earlier one read ends as that one did, so comparing is enough: independent loads in place of
// a chain of them.
//
// Under malloc; the caller sees to it that a signal handler does not enter what it interrupted.
#pragma once

#include <cstdint>

namespace heaptape::unwind {

// Where on the stack a walk has read what its result depends on: return addresses, and saved frame pointers as far as
// a frame was found by them. The rules are not in it: they are fixed within an epoch.
struct Trace {
  static constexpr std::uint32_t kMost = 64;
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
class Recalls {
 public:
  // What was kept for the walk that begins at `frame`, if all that it read is still there. 0: not known.
  std::uint32_t find(std::uint64_t frame, std::uint32_t epoch) noexcept {
    Entry& entry = entry_of(frame);
    if (entry.frame != frame || entry.epoch != epoch || entry.rest != 0) return 0;
    const auto* value = entry.values;
    const auto* offset = entry.offsets;
    for (const auto* end = value + entry.count; value != end; value += kStride, offset += kStride) {
      std::uint64_t differs = 0;
      for (std::uint32_t i = 0; i < kStride; ++i) differs |= word_at(frame + offset[i]) ^ value[i];
      if (differs != 0) return 0;
    }
    entry.worth = entry.worth < kMostWorth ? entry.worth + 1 : kMostWorth;
    return entry.id;
  }

  // Keeps what the walk from `frame` ended in, in place of what was kept for it before.
  void keep(std::uint64_t frame, std::uint32_t epoch, const Trace& trace, std::uint32_t id) noexcept;
  // The stack is another one from here on.
  void forget() noexcept;

 private:
  static constexpr std::uint32_t kEntries = 32;
  static constexpr std::uint32_t kStride = 4;  // compared at a time
  // Where walks from one place end differently each time, comparing is in vain: such a place rests for a while.
  static constexpr std::uint8_t kMostWorth = 8;
  static constexpr std::uint8_t kLongestRest = 255;

  struct Entry {
    std::uint64_t frame;  // 0: empty, or being written
    std::uint32_t epoch;
    std::uint32_t id;
    std::uint8_t count;  // a multiple of kStride
    std::uint8_t worth, rest;
    std::uint32_t offsets[Trace::kMost];  // from `frame`
    std::uint64_t values[Trace::kMost];
  };

  // The caller of the hook tells places on one level of the stack apart.
  Entry& entry_of(std::uint64_t frame) noexcept {
    const std::uint64_t caller = word_at(frame + 8);
    return entries_[(frame ^ caller) * 0x9e3779b97f4a7c15 >> 59];
  }
  static_assert(kEntries == 1u << 5, "59 leaves 5 bits");
  static std::uint64_t word_at(std::uint64_t address) noexcept {
    std::uint64_t word;
    __builtin_memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
    return word;
  }

  Entry entries_[kEntries];
};

}  // namespace heaptape::unwind
