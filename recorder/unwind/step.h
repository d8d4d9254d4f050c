// One step of a walk from the module's CFI in full: any register, any expression. Slow; for the frames that no
// packed rule fits, and for walks in which such a frame needs registers that a fast walk does not keep.
#pragma once

#include "recorder/unwind/registers.h"
#include "recorder/unwind/stack_bounds.h"

namespace heaptape::unwind {

enum class Step { stepped, outermost, unknown_register, broken };

// From a frame to its caller: `registers` are the frame's, and become the caller's. `address`: the frame's look-up
// address; becomes the caller's.
Step step_by_row(Registers& registers, std::uint64_t& address, StackBounds& stack) noexcept;
// Out of a signal handler's trampoline: all registers as they were when the signal came.
Step step_out_of_signal(Registers& registers, std::uint64_t& address, StackBounds& stack) noexcept;
// By frame pointer, where the code has no CFI.
Step step_by_frame_pointer(Registers& registers, std::uint64_t& address, StackBounds& stack) noexcept;

}  // namespace heaptape::unwind
