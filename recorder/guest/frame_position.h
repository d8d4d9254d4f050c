// Telling an interrupted function from one that was left: by where its frame stood on the stack.
//
// Under malloc, signal handlers too. A handler runs deeper than what it interrupted, or on the signal
// stack; a frame at or below which new code runs on the same stack is gone (siglongjmp, exceptions).
#pragma once

#include <signal.h>

#include <cstdint>

#include "recorder/guest/image.h"

namespace heaptape::guest {

[[gnu::always_inline]] inline std::uintptr_t frame_position() noexcept {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

inline bool on_signal_stack() noexcept {
  const KeepErrno keep;
  stack_t stack;
  return sigaltstack(nullptr, &stack) == 0 && (stack.ss_flags & SS_ONSTACK) != 0;
}

// Whether the function whose frame stood at `then` was left without coming to its end, as seen from
// a frame at `here`. The system call is made only where an append or walk is found open.
inline bool was_left(std::uintptr_t then, std::uintptr_t here) noexcept { return here >= then && !on_signal_stack(); }

}  // namespace heaptape::guest
