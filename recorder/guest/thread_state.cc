// Whose state is whose: a pool of ThreadStates that threads claim and, once dead, leave to others.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/guest/image.h"
#include "recorder/guest/lane.h"

namespace heaptape::guest {
namespace {

// State for 256 threads is reserved (not touched) at a time; 64 such pools make 16,384 live threads.
constexpr std::uint32_t kPoolStates = 256;
constexpr std::uint32_t kMostPools = 64;
std::atomic<ThreadState*> pools[kMostPools];

// Where a thread finds its state again: by the address of its control block, which no two live threads share. No
// thread-local variable: that would make libc allocate more for each thread that starts. A seat is right only if
// its state agrees on control block and tid: the block of a dead thread comes back under another one.
struct Seat {
  std::atomic<std::uintptr_t> control_block;  // 0: free
  std::atomic<ThreadState*> state;
};
constexpr std::uint32_t kSeats = 32768;
constexpr std::uint32_t kSeatProbes = 64;
std::atomic<Seat*> seats{nullptr};

std::uint32_t seat_of(std::uintptr_t control_block) noexcept {
  return static_cast<std::uint32_t>(control_block * 0x9e3779b97f4a7c15 >> 49);
}
static_assert(kSeats == 1u << 15, "49 leaves 15 bits");

std::uintptr_t own_control_block() noexcept { return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()); }

void* reserve_wiped(std::size_t bytes) noexcept {
  void* made = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (made == MAP_FAILED) return nullptr;
  if (madvise(made, bytes, MADV_WIPEONFORK) == 0) return made;
  munmap(made, bytes);
  return nullptr;
}

// One array of `count` objects of zeros, made by whichever thread comes first.
template <class Type>
Type* made_once(std::atomic<Type*>& place, std::size_t count) noexcept {
  Type* known = place.load(std::memory_order_acquire);
  if (known != nullptr) return known;
  auto* fresh = static_cast<Type*>(reserve_wiped(count * sizeof(Type)));
  if (fresh == nullptr) return nullptr;
  if (place.compare_exchange_strong(known, fresh, std::memory_order_acq_rel)) return fresh;
  munmap(fresh, count * sizeof(Type));
  return known;
}

// The thread control block holds the tid; where exactly is found out once. 0: not found.
std::atomic<std::uint32_t> tid_offset{0};
std::atomic<bool> tid_offset_sought{false};

std::uint32_t ask_tid() noexcept { return static_cast<std::uint32_t>(syscall(SYS_gettid)); }

void seek_tid_offset() noexcept {
  const auto* block = reinterpret_cast<const unsigned char*>(own_control_block());
  const std::uint32_t tid = ask_tid();
  std::uint32_t found = 0, matches = 0;
  for (std::uint32_t offset = 0x100; offset < 0x500; offset += 4) {
    std::uint32_t word;
    memcpy(&word, block + offset, sizeof word);
    if (word != tid) continue;
    found = offset;
    ++matches;
  }
  if (matches == 1) tid_offset.store(found, std::memory_order_relaxed);
  tid_offset_sought.store(true, std::memory_order_release);
}

std::uint32_t current_tid() noexcept {
  if (!tid_offset_sought.load(std::memory_order_acquire)) seek_tid_offset();
  const std::uint32_t offset = tid_offset.load(std::memory_order_relaxed);
  if (offset == 0) return ask_tid();
  std::uint32_t tid;
  memcpy(&tid, reinterpret_cast<const unsigned char*>(own_control_block()) + offset, sizeof tid);
  return tid;
}

ThreadState* claim_free(std::uint32_t tid) noexcept {
  for (std::uint32_t p = 0; p < kMostPools; ++p) {
    ThreadState* states = pools[p].load(std::memory_order_acquire);
    if (states == nullptr) return nullptr;
    for (std::uint32_t i = 0; i < kPoolStates; ++i) {
      std::uint32_t expected = 0;
      if (states[i].tid.load(std::memory_order_relaxed) == 0 &&
          states[i].tid.compare_exchange_strong(expected, tid, std::memory_order_acq_rel))
        return &states[i];
    }
  }
  return nullptr;
}

// A dead thread's state, its lane closed.
ThreadState* adopt_dead(std::uint32_t tid) noexcept {
  // Not getpid(): a vfork child shares our memory, and its parent's threads live.
  const std::uint32_t serial = image.process->serial_plus_one.load(std::memory_order_relaxed) - 1;
  const std::uint32_t process = process_entry(*image.header, serial).pid.load(std::memory_order_relaxed);
  for (std::uint32_t p = 0; p < kMostPools; ++p) {
    ThreadState* states = pools[p].load(std::memory_order_acquire);
    if (states == nullptr) return nullptr;
    for (std::uint32_t i = 0; i < kPoolStates; ++i) {
      std::uint32_t owner = states[i].tid.load(std::memory_order_acquire);
      // The number may have come back to us: then the former owner is dead as well.
      if (owner != tid && syscall(SYS_tgkill, process, owner, 0) == 0) continue;
      if (!states[i].tid.compare_exchange_strong(owner, tid, std::memory_order_acq_rel)) continue;
      close_lane(states[i]);
      return &states[i];
    }
  }
  return nullptr;
}

ThreadState* claim_new_pool(std::uint32_t tid) noexcept {
  for (std::uint32_t p = 0; p < kMostPools; ++p) {
    if (pools[p].load(std::memory_order_acquire) != nullptr) continue;
    return made_once(pools[p], kPoolStates) == nullptr ? nullptr : claim_free(tid);
  }
  return nullptr;
}

// The seat of a control block, whether its state is right or not. Null: it has none.
Seat* find_seat(std::uintptr_t control_block) noexcept {
  Seat* all = seats.load(std::memory_order_acquire);
  if (all == nullptr) return nullptr;
  const std::uint32_t home = seat_of(control_block);
  for (std::uint32_t probe = 0; probe < kSeatProbes; ++probe) {
    Seat& seat = all[(home + probe) % kSeats];
    const std::uintptr_t there = seat.control_block.load(std::memory_order_acquire);
    if (there == control_block) return &seat;
    if (there == 0) return nullptr;
  }
  return nullptr;
}

// A seat for the control block: a free one, or one whose state has gone to another thread.
bool take_seat(std::uintptr_t control_block, ThreadState* state) noexcept {
  Seat* all = made_once(seats, kSeats);
  if (all == nullptr) return false;
  const std::uint32_t home = seat_of(control_block);
  for (std::uint32_t probe = 0; probe < kSeatProbes; ++probe) {
    Seat& seat = all[(home + probe) % kSeats];
    std::uintptr_t there = seat.control_block.load(std::memory_order_acquire);
    const ThreadState* sitting = seat.state.load(std::memory_order_acquire);
    const bool stale =
        there != 0 && sitting != nullptr && sitting->control_block.load(std::memory_order_acquire) != there;
    if (there != 0 && there != control_block && !stale) continue;
    if (there != control_block &&
        !seat.control_block.compare_exchange_strong(there, control_block, std::memory_order_acq_rel))
      continue;
    seat.state.store(state, std::memory_order_release);
    return true;
  }
  return false;
}

void begin_lane(ThreadState& state) noexcept {
  state.lane = image.header->next_lane.fetch_add(1, std::memory_order_relaxed);
  state.cursor = 0;
  state.sequence = 0;
  state.open_count = 0;
  state.captures = 0;
  state.recalling = 0;
  state.forwarding = {};
  state.choice.change_hands();
  state.walks.has_bounds = false;
  state.recalls.forget();
  Append first(state, 1);
  if (!first) return;
  first.head().stamp = event_stamp();
  first.head().address = 0;
  first.head().size = state.tid.load(std::memory_order_relaxed);
  first.commit(SlotKind::thread, 0, 0);
}

ThreadState* claim(std::uintptr_t control_block, std::uint32_t tid) noexcept {
  const KeepErrno keep;
  std::uint32_t serial;
  if (!process_serial(serial)) return nullptr;
  ThreadState* state = claim_free(tid);
  if (state == nullptr && pools[0].load(std::memory_order_acquire) != nullptr) state = adopt_dead(tid);
  if (state == nullptr) state = claim_new_pool(tid);
  if (state == nullptr) return nullptr;
  state->control_block.store(control_block, std::memory_order_release);
  if (!take_seat(control_block, state)) {
    state->tid.store(0, std::memory_order_release);
    return nullptr;
  }
  begin_lane(*state);
  return state;
}

}  // namespace

std::atomic<ThreadState*> noted_threads[kNotedThreads];

ThreadState* thread_state() noexcept {
  const std::uintptr_t control_block = own_control_block();
  const std::uint32_t tid = current_tid();
  if (Seat* seat = find_seat(control_block); seat != nullptr) [[likely]] {
    ThreadState* state = seat->state.load(std::memory_order_acquire);
    if (state != nullptr && state->control_block.load(std::memory_order_relaxed) == control_block) [[likely]] {
      std::uint32_t owner = state->tid.load(std::memory_order_relaxed);
      if (owner == tid) [[likely]]
        return state;
      // Nobody else has this control block: the former owner is dead, and we follow it.
      if (state->tid.compare_exchange_strong(owner, tid, std::memory_order_acq_rel)) {
        const KeepErrno keep;
        close_lane(*state);
        begin_lane(*state);
        return state;
      }
    }
  }
  return claim(control_block, tid);
}

}  // namespace heaptape::guest
