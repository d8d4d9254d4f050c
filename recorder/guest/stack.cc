#include "recorder/guest/stack.h"

#include <emmintrin.h>

#include "recorder/guest/frame_position.h"
#include "recorder/guest/image.h"
#include "recorder/guest/module.h"

namespace heaptape::guest {
namespace {

struct Walked {
  const std::uint64_t* frames;
  unwind::Stack stack;
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

  // Whether no other capture of this thread is under way: only then what it remembers of whole walks is in order.
  bool is_outermost() const noexcept { return level_ == 0; }

  Walked walk(const void* hook, std::uint32_t epoch, std::uint64_t& caller) noexcept {
    const GuestControl& control = image.header->control;
    const auto mode = static_cast<UnwindMode>(control.unwind.load(std::memory_order_relaxed));
    if (mode != UnwindMode::automatic) [[unlikely]]
      thread_.traces[0].complete = false;  // an earlier walk's
    if (level_ == ThreadState::kMostCaptures || mode == UnwindMode::none) {
      caller = reinterpret_cast<const std::uint64_t*>(hook)[1] - 1;
      return {&caller, {.count = 1, .gap = 0, .truncated = true, .hash = caller}};
    }
    const std::uint32_t depth = control.depth.load(std::memory_order_relaxed);
    std::uint64_t* frames = thread_.frames[level_];
    if (mode == UnwindMode::frame_pointers) [[unlikely]]
      return {frames, unwind::walk_by_frame_pointers(thread_.walks, hook, frames, depth)};
    return {frames, unwind::walk(thread_.walks, *image.rules, epoch, hook, frames, depth, thread_.traces[level_])};
  }

 private:
  ThreadState& thread_;
  std::uint32_t level_;
};

// By what a stack is known in the mapping's table.
struct Key {
  std::uint64_t key;
  std::uint32_t check;
};

std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  return x ^ (x >> 32);
}

std::uint64_t salt_of(const unwind::Stack& stack, std::uint32_t serial, std::uint32_t epoch) noexcept {
  return std::uint64_t{serial} << 40 ^ std::uint64_t{epoch} << 12 ^ stack.count << 2 ^
         std::uint64_t{stack.gap != 0} << 1 ^ std::uint64_t{stack.truncated};
}

// Never 0.
std::uint64_t key_of(const unwind::Stack& stack, std::uint64_t salt) noexcept {
  const std::uint64_t key = mixed(stack.hash ^ salt);
  return key == 0 ? 1 : key;
}

// Independent of the key; taken only where that is not enough.
std::uint32_t check_of(const Walked& walked, std::uint64_t salt) noexcept {
  std::uint64_t hash = 0;
  for (std::uint32_t i = 0; i < walked.stack.count; ++i) hash = (hash + walked.frames[i]) * 0xff51afd7ed558ccd;
  return static_cast<std::uint32_t>(mixed(hash + salt));
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

StackEntry& entry_at(std::uint32_t level, std::uint64_t place) noexcept {
  auto* entries =
      reinterpret_cast<StackEntry*>(reinterpret_cast<unsigned char*>(image.stacks) + stack_level_offset(level));
  return entries[place & (stack_level_entries(level) - 1)];
}

// The levels are larger than the caches: a look-up that comes soon waits for one of them at most.
void prefetch_entries(std::uint64_t key) noexcept {
  for (std::uint32_t level = image.header->stack_levels.load(std::memory_order_relaxed); level-- > 0;)
    __builtin_prefetch(&entry_at(level, key));
}

// Where a key is, or could be put, in one level. Null: neither.
StackEntry* find_entry(std::uint32_t level, std::uint64_t key) noexcept {
  for (std::uint32_t probe = 0; probe < kStackProbes; ++probe) {
    StackEntry& entry = entry_at(level, key + probe);
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

std::uint32_t define(ThreadState& thread, const Walked& walked, std::uint32_t epoch) noexcept {
  MappingHeader& header = *image.header;
  // Looked at first: the number would wrap if every event went on counting.
  if (header.next_stack.load(std::memory_order_relaxed) >= header.max_stacks) return 0;
  const std::uint32_t count = walked.stack.count;
  note_modules(thread, walked.frames, count);
  const std::size_t bytes = count * sizeof *walked.frames;
  const std::uint32_t id = header.next_stack.fetch_add(1, std::memory_order_relaxed);
  if (id >= header.max_stacks) return 0;
  Append record(thread, 1 + payload_slots(bytes));
  if (!record) return 0;
  record.head().stamp = event_stamp();
  record.head().address = epoch;
  record.head().size = std::uint64_t{bytes} << 32 | pack_cut(walked.stack.gap, walked.stack.truncated);
  record.payload(0, walked.frames, bytes);
  record.commit(SlotKind::stack, 0, id);
  return id;
}

// The id of a stack that this thread does not remember; 0: it could not be kept.
[[gnu::noinline]] std::uint32_t find_or_define(ThreadState& thread, const Walked& walked, std::uint64_t key,
                                               std::uint64_t salt, std::uint32_t epoch) noexcept {
  prefetch_entries(key);
  const Key full{key, check_of(walked, salt)};
  if (const std::uint32_t known = find_published(full); known != 0) return known;
  const std::uint32_t id = define(thread, walked, epoch);
  if (id == 0)
    image.header->counts.lost_stacks.fetch_add(1, std::memory_order_relaxed);
  else
    publish(full, id);
  return id;
}

// Apart from what is done each time: it needs most registers and much of the stack. `may_keep`: the walk was looked up
// before, and was not known.
[[gnu::noinline]] std::uint32_t walk_stack(ThreadState& thread, const void* hook, std::uint32_t epoch,
                                           bool may_keep) noexcept {
  if (thread.recalling != 0 && was_left(thread.recalling, reinterpret_cast<std::uintptr_t>(hook))) thread.recalling = 0;
  Capture capture(thread);
  std::uint64_t caller;
  const Walked walked = capture.walk(hook, epoch, caller);
  const std::uint64_t salt =
      salt_of(walked.stack, image.process->serial_plus_one.load(std::memory_order_relaxed), epoch);
  const std::uint64_t key = key_of(walked.stack, salt);
  StackMemo& memo = thread.memos[key % kStackMemos];
  const StackMemo known = read_memo(memo);
  auto id = static_cast<std::uint32_t>(known.id);
  if (known.key != key) {
    id = find_or_define(thread, walked, key, salt, epoch);
    if (id == 0) return 0;
    write_memo(memo, key, id);
  }
  if (may_keep && capture.is_outermost())
    thread.recalls.keep(reinterpret_cast<std::uint64_t>(hook), epoch, thread.traces[0], id);
  return id;
}

}  // namespace

std::uint32_t capture_stack(ThreadState& thread, const void* hook) noexcept {
  const std::uint32_t epoch = image.epoch.load(std::memory_order_acquire);
  // A signal handler must find what it interrupted as it was: it neither looks up nor keeps a walk while one is looked
  // up.
  const bool is_alone = thread.captures == 0 && thread.recalling == 0;
  if (is_alone) [[likely]] {
    thread.recalling = reinterpret_cast<std::uintptr_t>(hook);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const std::uint32_t recalled = thread.recalls.find(reinterpret_cast<std::uint64_t>(hook), epoch);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread.recalling = 0;
    if (recalled != 0) [[likely]]
      return recalled;
  }
  return walk_stack(thread, hook, epoch, is_alone);
}

}  // namespace heaptape::guest
