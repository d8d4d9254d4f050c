// Where the calling thread's stack lies, asked of nobody who allocates or takes a lock.
#pragma once

#include <cstdint>

namespace heaptape::unwind {

struct StackBounds {
  std::uint64_t low = 0, high = 0;  // [low, high)

  bool holds(std::uint64_t address, std::uint64_t bytes = 8) const noexcept {
    return address >= low && address < high && high - address >= bytes;
  }
};

// Bounds of the thread's own stack. For the main thread `low` is as deep as its limit lets it grow.
// Under malloc; a handful of loads, and getrlimit once for the main thread.
StackBounds own_stack() noexcept;

// The bounds to walk within from `stack_pointer`: the own stack's if it lies there. Otherwise a foreign
// stack's (a fiber's, a signal stack's), of which nothing is known: a window above the stack pointer.
StackBounds bounds_around(std::uint64_t stack_pointer, const StackBounds& own) noexcept;

}  // namespace heaptape::unwind
