#include "recorder/guest/stack.h"

#include <emmintrin.h>

#include "recorder/clock.h"
#include "recorder/guest/frame_position.h"
#include "recorder/guest/image.h"
#include "recorder/guest/module.h"

namespace heaptape::guest {
namespace {

struct Walked {
  const std::uint64_t* frames;
  std::uint32_t count;
  bool truncated;
};

// The thread's frame buffers, one for each capture under way. A capture that was left by siglongjmp is recognised
// by its frame being gone. Deeper than two, the hook's caller stands for the whole stack.
class Capture {
 public:
  explicit Capture(ThreadState& thread) noexcept : thread_(thread) {
    const std::uintptr_t here = frame_position();
    while (thread.captures != 0 && was_left(thread.capture_position[thread.captures - 1], here)) --thread.captures;
    level_ = thread.captures;
    if (level_ == ThreadState::kMostCaptures) return;
    thread.capture_position[level_] = here;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread.captures = level_ + 1;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ~Capture() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread_.captures = level_;
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  Walked walk(const void* hook, std::uint32_t epoch, std::uint64_t& caller) noexcept {
    if (level_ == ThreadState::kMostCaptures) {
      caller = reinterpret_cast<const std::uint64_t*>(hook)[1] - 1;
      return {&caller, 1, true};
    }
    std::uint64_t* frames = thread_.frames[level_];
    const unwind::Stack stack = unwind::walk(thread_.walks, *image.rules, epoch, hook, frames);
    return {frames, stack.count, stack.truncated};
  }

 private:
  ThreadState& thread_;
  std::uint32_t level_;
};

struct Key {
  std::uint64_t key;    // never 0
  std::uint32_t check;  // independent of it
};

std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  return x ^ (x >> 32);
}

// Powers of an odd number: the hash of a stack is a polynomial, so that its multiplications don't wait for each other.
// Structured collisions begin at 1,024 frames: never raise the limit of 512 without a new look at this.
struct Powers {
  std::uint64_t of[unwind::kMaxDepth];
};
constexpr Powers powers_of(std::uint64_t number) noexcept {
  Powers powers{};
  std::uint64_t power = number;
  for (std::uint64_t& one : powers.of) {
    one = power;
    power *= number;
  }
  return powers;
}
constexpr Powers kOne = powers_of(0x9e3779b97f4a7c15), kTwo = powers_of(0xff51afd7ed558ccd);

Key key_of(const Walked& walk, std::uint32_t serial, std::uint32_t epoch) noexcept {
  std::uint64_t one = 0, two = 0;
  for (std::uint32_t i = 0; i < walk.count; ++i) {
    one += walk.frames[i] * kOne.of[i];
    two += walk.frames[i] * kTwo.of[i];
  }
  const std::uint64_t salt = std::uint64_t{serial} << 40 ^ std::uint64_t{epoch} << 12 ^ walk.count << 1 ^
                             static_cast<std::uint64_t>(walk.truncated);
  const std::uint64_t key = mixed(one ^ salt);
  return {key == 0 ? 1 : key, static_cast<std::uint32_t>(mixed(two + salt))};
}

StackMemo read_memo(const StackMemo& memo) noexcept {
  StackMemo copy;
  _mm_store_si128(reinterpret_cast<__m128i*>(&copy), _mm_load_si128(reinterpret_cast<const __m128i*>(&memo)));
  return copy;
}

void write_memo(StackMemo& memo, std::uint64_t key, std::uint64_t id) noexcept {
  _mm_store_si128(reinterpret_cast<__m128i*>(&memo),
                  _mm_set_epi64x(static_cast<long long>(id), static_cast<long long>(key)));
}

// Where a key is, or could be put, in one level. Null: neither.
StackEntry* find_entry(std::uint32_t level, std::uint64_t key) noexcept {
  auto* entries =
      reinterpret_cast<StackEntry*>(reinterpret_cast<unsigned char*>(image.stacks) + stack_level_offset(level));
  const std::uint32_t mask = stack_level_entries(level) - 1;
  for (std::uint32_t probe = 0; probe < kStackProbes; ++probe) {
    StackEntry& entry = entries[(key + probe) & mask];
    const std::uint64_t there = entry.key.load(std::memory_order_acquire);
    if (there == key || there == 0) return &entry;
  }
  return nullptr;
}

std::uint32_t find_published(const Key& key) noexcept {
  for (std::uint32_t level = image.header->stack_levels.load(std::memory_order_acquire); level-- > 0;) {
    const StackEntry* entry = find_entry(level, key.key);
    if (entry == nullptr) continue;
    const std::uint64_t value = entry->value.load(std::memory_order_acquire);
    if (value != 0 && value >> 32 == key.check && entry->key.load(std::memory_order_relaxed) == key.key)
      return static_cast<std::uint32_t>(value);
  }
  return 0;
}

// Others may define the same stack meanwhile: the drain takes equal stacks for one.
void publish(const Key& key, std::uint32_t id) noexcept {
  const std::uint32_t level = image.header->stack_levels.load(std::memory_order_acquire) - 1;
  StackEntry* entry = find_entry(level, key.key);
  if (entry == nullptr) return;
  std::uint64_t expected = 0;
  if (entry->key.compare_exchange_strong(expected, key.key, std::memory_order_acq_rel))
    image.header->stack_entries[level].fetch_add(1, std::memory_order_relaxed);
  else if (expected != key.key)
    return;
  std::uint64_t none = 0;
  entry->value.compare_exchange_strong(none, std::uint64_t{key.check} << 32 | id, std::memory_order_acq_rel);
}

std::uint32_t define(ThreadState& thread, const Walked& walk, std::uint32_t epoch) noexcept {
  for (std::uint32_t i = 0; i < walk.count; ++i) note_module(thread, reinterpret_cast<const void*>(walk.frames[i]));
  const std::size_t bytes = walk.count * sizeof *walk.frames;
  const std::uint32_t id = image.header->next_stack.fetch_add(1, std::memory_order_relaxed);
  if (id >= kMaxStackId) return 0;
  Append record(thread, 1 + payload_slots(bytes));
  if (!record) return 0;
  record.head().stamp = stamp_now();
  record.head().address = epoch;
  record.head().size = std::uint64_t{bytes} << 32 | static_cast<std::uint64_t>(walk.truncated);
  record.payload(0, walk.frames, bytes);
  record.commit(SlotKind::stack, 0, id);
  return id;
}

}  // namespace

std::uint32_t capture_stack(ThreadState& thread, const void* hook) noexcept {
  const ProcessState& process = *image.process;
  const std::uint32_t epoch = image.epoch.load(std::memory_order_acquire);
  Capture capture(thread);
  std::uint64_t caller;
  const Walked walked = capture.walk(hook, epoch, caller);
  const Key key = key_of(walked, process.serial_plus_one.load(std::memory_order_relaxed), epoch);
  StackMemo& memo = thread.memos[key.key % kStackMemos];
  const StackMemo known = read_memo(memo);
  if (known.key == key.key) return static_cast<std::uint32_t>(known.id);
  std::uint32_t id = find_published(key);
  if (id == 0) {
    id = define(thread, walked, epoch);
    if (id == 0) {
      image.header->counts.lost_stacks.fetch_add(1, std::memory_order_relaxed);
      return 0;
    }
    publish(key, id);
  }
  write_memo(memo, key.key, id);
  return id;
}

}  // namespace heaptape::guest
