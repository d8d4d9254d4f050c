#include "recorder/guest/stack.h"

#define UNW_LOCAL_ONLY
#include <emmintrin.h>
#include <libunwind.h>
#include <string.h>

#include "recorder/clock.h"
#include "recorder/guest/frame_position.h"
#include "recorder/guest/image.h"
#include "recorder/guest/module.h"

namespace heaptape::guest {
namespace {

struct Walk {
  void** frames;
  std::uint32_t count;
  bool truncated;
};

// libunwind's caches are not made for being entered twice on one thread: a signal handler that
// allocates while a walk is under way keeps its caller alone. A walk that was left by siglongjmp is
// recognised by its frame being gone.
Walk walk(ThreadState& thread, void** caller) noexcept {
  const std::uintptr_t here = frame_position();
  if (thread.capturing != 0 && !was_left(thread.capturing, here)) return {caller, 1, true};
  thread.capturing = here;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const int found = unw_backtrace(thread.frames, kMostFrames);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  thread.capturing = 0;
  // The first frames are ours: the hook's caller is among the innermost eight.
  for (int i = 0; i < found && i < 8; ++i) {
    if (thread.frames[i] != *caller) continue;
    const auto count = static_cast<std::uint32_t>(found - i);
    return {thread.frames + i, count < kMaxDepth ? count : kMaxDepth, found == static_cast<int>(kMostFrames)};
  }
  return {caller, 1, true};
}

struct Key {
  std::uint64_t key;    // never 0
  std::uint32_t check;  // independent of it
};

std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  return x ^ (x >> 32);
}

Key key_of(const Walk& walk, std::uint32_t serial, std::uint32_t epoch) noexcept {
  std::uint64_t one = 0, two = 0;
  for (std::uint32_t i = 0; i < walk.count; ++i) {
    const auto frame = reinterpret_cast<std::uint64_t>(walk.frames[i]);
    one = (one + frame) * 0x9e3779b97f4a7c15;
    two = (two ^ frame) * 0xff51afd7ed558ccd;
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

// rt_sigreturn's trampoline: mov $15, %eax; syscall. Its caller was interrupted, not calling.
bool is_signal_return(const void* code) noexcept {
  static constexpr unsigned char kCode[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
  return memcmp(code, kCode, sizeof kCode) == 0;
}

// Turns return addresses into look-up addresses, in place: ra - 1, or pc itself above a signal frame.
void to_lookup_addresses(ThreadState& thread, const Walk& walk) noexcept {
  bool interrupted = false;
  for (std::uint32_t i = 0; i < walk.count; ++i) {
    void* const frame = walk.frames[i];
    const bool in_module = note_module(thread, static_cast<const char*>(frame) - 1);
    const bool trampoline = in_module && is_signal_return(frame);
    walk.frames[i] = interrupted || trampoline ? frame : static_cast<char*>(frame) - 1;
    interrupted = trampoline;
  }
}

std::uint32_t define(ThreadState& thread, const Walk& walk, std::uint32_t epoch) noexcept {
  to_lookup_addresses(thread, walk);
  const std::size_t bytes = walk.count * sizeof(void*);
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

std::uint32_t capture_stack(ThreadState& thread, void* caller) noexcept {
  const KeepErrno keep;
  const Walk walked = walk(thread, &caller);
  const ProcessState& process = *image.process;
  const std::uint32_t epoch = process.epoch.load(std::memory_order_acquire);
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
