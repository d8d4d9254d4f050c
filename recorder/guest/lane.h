// Lanes: where a thread puts its events. No lock, no system call, no allocation, but for taking a
// fresh chunk when the mapping is full.
//
// Under malloc, any thread, signal handlers too: an append that interrupts another one takes the
// next slots. An append that is never finished (siglongjmp) is given up by a later one of its thread.
#pragma once

#include <sys/single_threaded.h>

#include <atomic>
#include <cstdint>

#include "recorder/clock.h"
#include "recorder/guest/choice.h"
#include "recorder/mapping.h"
#include "recorder/unwind/walk.h"

namespace heaptape::guest {

// What a stack is known by: its hash, and the id in the mapping. One 16-byte instruction reads or
// writes it, so that a signal never sees half of it.
struct alignas(16) StackMemo {
  std::uint64_t key = 0;
  std::uint64_t id = 0;
};
inline constexpr std::uint32_t kStackMemos = 1024;

// A hook that has handed a call on to an allocator: see forwarding.h.
struct Forwarding {
  std::uintptr_t position = 0;  // of its frame; 0: none is under way
  const void* block = nullptr;  // that it has recorded, or that was recorded meanwhile
};

// One thread's private state, in memory under MADV_WIPEONFORK. 128 KiB, touched as far as it is needed.
struct alignas(64) ThreadState {
  std::atomic<std::uint32_t> tid;             // owner; 0: free
  std::atomic<std::uintptr_t> control_block;  // the owner's
  std::uint32_t lane;
  Forwarding forwarding;
  Tally tally;             // of its calls
  Choice choice;           // which births are recorded
  std::uint64_t cursor;    // (chunk index + 1):32 | next slot:32; 0: no chunk
  std::uint32_t sequence;  // of the next chunk

  // Appends under way, outermost first: more than one only inside signal handlers.
  struct Open {
    Chunk* chunk;
    std::uint32_t slot, slots;
    std::uintptr_t position;  // of its frame
  };
  static constexpr std::uint32_t kMostOpen = 8;
  std::uint32_t open_count;
  Open open[kMostOpen];

  // Captures under way, outermost first, each with frames of its own: more than one only inside signal handlers.
  static constexpr std::uint32_t kMostCaptures = 2;
  std::uint32_t captures;
  std::uintptr_t recalling;  // frame of a look-up in `recalls` under way; 0: none
  std::uintptr_t capture_position[kMostCaptures];
  std::uint64_t frames[kMostCaptures][unwind::kMaxDepth];
  unwind::Trace traces[kMostCaptures];
  unwind::Recalls recalls;
  StackMemo memos[kStackMemos];
  unwind::Memory walks;
};
static_assert(sizeof(ThreadState) <= 128 * 1024, "the stated bound");

// The calling thread's state, claimed on first use. Null: none is to be had, the event is lost.
ThreadState* thread_state() noexcept;

// The same where thread_state() has been asked before, by two loads; else null, or where another thread has taken the
// place. What a thread inherits from a dead one whose control block it has got is for thread_state() to tell apart.
inline constexpr std::uint32_t kNotedThreads = 4096;
extern std::atomic<ThreadState*> noted_threads[kNotedThreads];
inline std::atomic<ThreadState*>& place_of_thread(std::uintptr_t control_block) noexcept {
  static_assert(kNotedThreads == 1 << 12, "52 leaves 12 bits");
  return noted_threads[control_block * 0x9e3779b97f4a7c15 >> 52];
}
inline ThreadState* noted_thread() noexcept {
  const auto control_block = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
  ThreadState* thread = place_of_thread(control_block).load(std::memory_order_acquire);
  // In a forked child its memory is wiped, and bears no control block.
  if (thread == nullptr || thread->control_block.load(std::memory_order_relaxed) != control_block) return nullptr;
  return thread;
}

// Reserved slots of one record: fill them, then commit(). Invalid when the mapping is full: whose event it was counts
// it.
class Append {
 public:
  Append(ThreadState& thread, std::uint32_t slots) noexcept;
  explicit operator bool() const noexcept { return chunk_ != nullptr; }

  Slot& head() noexcept { return chunk_->slots[slot_]; }
  // Commits the payload behind the head. `bytes` fit the reserved slots.
  void payload(std::uint32_t offset_slots, const void* data, std::size_t bytes) noexcept;
  // Commits the head: from here on the drain may read the record.
  void commit(SlotKind kind, std::uint8_t function, std::uint32_t stack) noexcept;

 private:
  ThreadState& thread_;
  Chunk* chunk_ = nullptr;
  std::uint32_t slot_ = 0;
  std::uint32_t opened_ = 0;
};

// The stamp of an event. While libc knows of one thread alone, nobody else's order depends on it, and it need not wait
// for what the processor still has under way (which costs as much again as reading the clock).
inline std::uint64_t event_stamp() noexcept { return __libc_single_threaded != 0 ? hasty_stamp() : stamp_now(); }

// Gives up what the thread's lane has left: its thread is dead, and the state gets a new owner.
void close_lane(ThreadState& thread) noexcept;

// Counts a record that found no place.
void count_dropped() noexcept;

}  // namespace heaptape::guest
