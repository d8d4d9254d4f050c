// Whose state is whose: a pool of ThreadStates that threads claim and, once dead, leave to others.
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/clock.h"
#include "recorder/guest/image.h"
#include "recorder/guest/lane.h"

namespace heaptape::guest {
namespace {

// State for 256 threads is reserved (not touched) at a time; 64 such pools make 16,384 live threads.
constexpr std::uint32_t kPoolStates = 256;
constexpr std::uint32_t kMostPools = 64;
std::atomic<ThreadState*> pools[kMostPools];

// `serial_plus_one` tells a forked child that the state behind the pointer is no longer its own.
struct Own {
  ThreadState* state;
  std::uint32_t serial_plus_one;
};
__thread Own own __attribute__((tls_model("initial-exec")));

// The thread control block holds the tid; where exactly is found out once. 0: not found.
std::atomic<std::uint32_t> tid_offset{0};
std::atomic<bool> tid_offset_sought{false};

std::uint32_t ask_tid() noexcept { return static_cast<std::uint32_t>(syscall(SYS_gettid)); }

void seek_tid_offset() noexcept {
  const auto* block = reinterpret_cast<const unsigned char*>(pthread_self());
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
  memcpy(&tid, reinterpret_cast<const unsigned char*>(pthread_self()) + offset, sizeof tid);
  return tid;
}

ThreadState* pool(std::uint32_t index) noexcept {
  ThreadState* known = pools[index].load(std::memory_order_acquire);
  if (known != nullptr) return known;
  constexpr std::size_t kBytes = kPoolStates * sizeof(ThreadState);
  void* made = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (made == MAP_FAILED) return nullptr;
  if (madvise(made, kBytes, MADV_WIPEONFORK) == 0 &&
      pools[index].compare_exchange_strong(known, static_cast<ThreadState*>(made), std::memory_order_acq_rel))
    return static_cast<ThreadState*>(made);
  munmap(made, kBytes);
  return known;
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
  const pid_t process = getpid();
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
    return pool(p) == nullptr ? nullptr : claim_free(tid);
  }
  return nullptr;
}

ThreadState* claim(std::uint32_t serial) noexcept {
  const KeepErrno keep;
  const std::uint32_t tid = current_tid();
  ThreadState* state = claim_free(tid);
  if (state == nullptr && pools[0].load(std::memory_order_acquire) != nullptr) state = adopt_dead(tid);
  if (state == nullptr) state = claim_new_pool(tid);
  if (state == nullptr) return nullptr;
  state->lane = image.header->next_lane.fetch_add(1, std::memory_order_relaxed);
  state->cursor = 0;
  state->sequence = 0;
  state->open_count = 0;
  state->capturing = 0;
  own = {state, serial + 1};
  Append first(*state, 1);
  if (first) {
    first.head().stamp = stamp_now();
    first.head().address = 0;
    first.head().size = tid;
    first.commit(SlotKind::thread, 0, 0);
  }
  return state;
}

}  // namespace

ThreadState* thread_state() noexcept {
  const std::uint32_t known = image.process->serial_plus_one.load(std::memory_order_relaxed);
  if (own.state != nullptr && known != 0 && own.serial_plus_one == known) [[likely]]
    return own.state;
  std::uint32_t serial;
  return process_serial(serial) ? claim(serial) : nullptr;
}

}  // namespace heaptape::guest
