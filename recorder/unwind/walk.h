// Walks the calling thread's stack: exact frames from the modules' own call frame information, without
// frame pointers, locks, allocation or system calls.
//
// Rule → CFA → return address → next rule is a chain of dependent loads. Linked rules break it, as a trace cache does:
// each remembered rule names the one that followed it last time, and the walk goes on to that at once, merely
// comparing its address with the one read from the stack.
#pragma once

#include <cstdint>

#include "recorder/unwind/kept_frames.h"
#include "recorder/unwind/recall.h"
#include "recorder/unwind/rule.h"
#include "recorder/unwind/stack_bounds.h"

namespace heaptape::unwind {

// One remembered rule: written by one 16-byte instruction, so that a signal handler that walks too never sees half of
// it.
struct alignas(16) Link {
  std::uint64_t address;  // look-up address
  std::uint64_t rule;     // Rule
};
inline constexpr std::uint32_t kLinks = 2048;

// One thread's memory of rules, zero to begin with. 36 KiB, not shared: the successors of two threads differ.
struct Memory {
  Link links[kLinks];
  std::uint16_t successors[kLinks];  // by link: the one that followed last time; a guess, compared before it is used
  std::uint32_t epoch;
  bool has_bounds;
  StackBounds bounds;
};

// Frames from the caller of the function whose frame address (__builtin_frame_address(0); it must keep a frame
// pointer) is `frame`, innermost first, as look-up addresses: the return address less one, or the pc itself where
// a signal interrupted. `frames` has room for kMaxDepth; `depth` of them are kept (see KeptFrames). `epoch`: changes
// when modules may have been unloaded. `trace`: becomes what the walk has read; complete only on the thread's own
// stack.
Stack walk(Memory& memory, SharedRules& shared, std::uint32_t epoch, const void* frame, std::uint64_t* frames,
           std::uint32_t depth, Trace& trace) noexcept;

// The same by frame pointers alone, from frame to frame while they rise within the stack: less exact, as code without
// frame pointers is passed over or ends the walk (which then is truncated), and no rule is looked up.
Stack walk_by_frame_pointers(Memory& memory, const void* frame, std::uint64_t* frames, std::uint32_t depth) noexcept;

}  // namespace heaptape::unwind
