// DWARF expressions as call frame information uses them (DWARF 5, section 2.5): PLT stubs, realigned
// stacks, hand-written assembly.
#pragma once

#include "recorder/unwind/byte_reader.h"
#include "recorder/unwind/registers.h"
#include "recorder/unwind/stack_bounds.h"

namespace heaptape::unwind {

enum class Evaluation { done, unknown_register, failed };

// Evaluates over the frame's registers; `pushed` is on the stack to begin with where it is given.
// Memory is read inside `stack` only.
Evaluation evaluate(ByteReader expression, const Registers& registers, StackBounds& stack, const std::uint64_t* pushed,
                    std::uint64_t& result) noexcept;

}  // namespace heaptape::unwind
