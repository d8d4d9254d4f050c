// The recorder's view of the program image it is loaded into: the mapping it appends to, and the
// state that a forked child must find wiped.
//
// Under malloc, any thread. Nothing here is ever torn down: the drain reads on when the image is gone.
#pragma once

#include <atomic>
#include <cstdint>

#include "recorder/guest/recorded_set.h"
#include "recorder/mapping.h"
#include "recorder/unwind/rule.h"

namespace heaptape::guest {

// State of one process. In memory under MADV_WIPEONFORK: a child reads zeros and takes a serial of its own.
struct ProcessState {
  std::atomic<std::uint32_t> serial_plus_one;  // 0: none yet
  std::atomic<std::uint32_t> waited_in_vain;   // MappingHeader::freed + 1 at which waiting was given up
  std::atomic<std::uint64_t> known_modules[512];
};

struct Image {
  MappingHeader* header = nullptr;
  StackEntry* stacks = nullptr;
  Chunk* chunks = nullptr;
  SessionDirectory* directory = nullptr;
  ProcessState* process = nullptr;
  // A forked child inherits both: its modules are where they were.
  unwind::SharedRules* rules = nullptr;
  // A forked child inherits its parent's, and so knows whose child it is, whoever adopted it since.
  std::atomic<std::uint32_t> serial_when_forked{0};
  std::atomic<std::uint32_t> epoch{0};  // counts the times that modules were unloaded
  // Where the hooks leave births out, the addresses of those that they recorded. Null: they record them all.
  RecordedSet* recorded = nullptr;
  std::uint64_t least_size = 0;  // smaller ones are left out
  bool is_sampled = false;
};
extern Image image;

// Whether the program has joined a session, and what it wants itself: `paused` after heaptape_stop(). Survives a fork.
// `idle`: nobody asked for it; heaptape_start() may.
enum class Recording : int { unknown = 0, attaching, on, paused, inert, idle };
extern std::atomic<Recording> recording;

// Joins the session named in the environment, or starts a drain if the environment asks for it; afterwards `recording`
// is `on`, `idle` or `inert`. Called once, before the first event or from the constructor, whichever comes first.
[[gnu::cold, gnu::noinline]] void attach() noexcept;
// Starts a drain for an idle program that wishes to be recorded from here. Whether it is, from this call on.
bool attach_by_wish() noexcept;

// Whether the image has joined a session, paused or not.
inline bool is_attached() noexcept {
  if (recording.load(std::memory_order_acquire) == Recording::unknown) attach();
  const Recording now = recording.load(std::memory_order_acquire);
  return now == Recording::on || now == Recording::paused;
}

// Whether events are to be recorded: attached, and neither the program nor the session has paused. Asked anew for each
// event, so that all skipped ones happen after the drain has paused the session.
inline bool is_recording() noexcept {
  Recording now = recording.load(std::memory_order_acquire);
  if (now == Recording::unknown) [[unlikely]] {
    attach();
    now = recording.load(std::memory_order_acquire);
  }
  return now == Recording::on && image.header->control.paused.load(std::memory_order_acquire) == 0;
}

// The calling process's serial in the mapping; claims one in a forked child. False: none is left.
bool process_serial(std::uint32_t& serial) noexcept;

// Wakes the drain.
void ring_doorbell() noexcept;
long futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint32_t milliseconds) noexcept;
void futex_wake(std::atomic<std::uint32_t>& word) noexcept;

// errno belongs to the program.
class KeepErrno {
 public:
  KeepErrno() noexcept;
  ~KeepErrno();
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int kept_;
};

}  // namespace heaptape::guest
