// A hook that hands a call on to an allocator which may call another of our hooks for the same block: jemalloc's
// `operator delete` is a jump to `free`. Each block counts once, by the outermost hook.
//
// Under malloc, any thread.
#pragma once

#include "recorder/guest/frame_position.h"
#include "recorder/guest/lane.h"

namespace heaptape::guest {

// Answers what was under way before, to be put back. `block`: the one that is being released; else null.
inline Forwarding begin_forwarding(ThreadState& thread, std::uintptr_t position, const void* block) noexcept {
  const Forwarding outer = thread.forwarding;
  thread.forwarding = {position, block};
  return outer;
}

// Whether a birth, a release or the failure of a realloc is told by an outer hook of this thread. `hook`: the frame of
// the inner one. Code that the allocator calls back (a new-handler), and signal handlers, are not the allocator's:
// theirs is recorded.
bool birth_is_forwarded(ThreadState& thread, const void* block, const void* hook) noexcept;
bool release_is_forwarded(ThreadState& thread, const void* block) noexcept;
bool restored_is_forwarded(const ThreadState& thread) noexcept;

}  // namespace heaptape::guest
