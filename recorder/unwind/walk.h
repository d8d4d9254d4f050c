// Walks the calling thread's stack: exact frames from the modules' own call frame information, without
// frame pointers, locks, allocation or system calls.
//
// Rule → CFA → return address → next rule is a chain of dependent loads. Linked rules break it, as a trace cache does:
// each remembered rule names the one that followed it last time, and the walk goes on to that at once, merely
// comparing its address with the one read from the stack.
#pragma once

#include <cstdint>

#include "recorder/unwind/rule.h"
#include "recorder/unwind/stack_bounds.h"

namespace heaptape::unwind {

inline constexpr std::uint32_t kMaxDepth = 512;

// One remembered rule: read and written by one 16-byte instruction, so that a signal handler that
// walks too never sees half of it.
struct alignas(16) Link {
  std::uint64_t address;  // look-up address
  std::uint64_t rule;     // successor's index:16 | Rule:48
};
inline constexpr std::uint32_t kLinks = 4096;

// One thread's memory of rules, zero to begin with. 64 KiB, not shared: the successors of two threads differ.
struct Memory {
  Link links[kLinks];
  std::uint32_t epoch;
  bool has_bounds;
  StackBounds bounds;
};

struct Stack {
  std::uint32_t count = 0;
  bool truncated = false;  // the walk did not reach the outermost frame
};

// Frames from the caller of the function whose frame address (__builtin_frame_address(0); it must keep a frame
// pointer) is `frame`, innermost first, as look-up addresses: the return address less one, or the pc itself where
// a signal interrupted. `frames` has room for kMaxDepth. `epoch`: changes when modules may have been unloaded.
Stack walk(Memory& memory, SharedRules& shared, std::uint32_t epoch, const void* frame, std::uint64_t* frames) noexcept;

}  // namespace heaptape::unwind
