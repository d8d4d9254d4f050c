// Where the calling thread's stack lies, asked of nobody who allocates or takes a lock.
#pragma once

#include <cstdint>

namespace heaptape::unwind {

// [low, high). A foreign stack (a fiber's, a signal stack's) reaches as far as the page it is in; pages above are added
// as they are needed, each after a look whether it can be read.
struct StackBounds {
  std::uint64_t low = 0, high = 0;
  std::uint64_t foreign_limit = 0;  // 0: the thread's own stack

  bool holds(std::uint64_t address, std::uint64_t bytes = 8) noexcept {
    if (address < low) return false;
    if (address < high && high - address >= bytes) [[likely]]
      return true;
    return foreign_limit != 0 && extend(address, bytes);
  }

 private:
  bool extend(std::uint64_t address, std::uint64_t bytes) noexcept;
};

// Bounds of the thread's own stack. For the main thread `low` is as deep as its limit lets it grow.
// Under malloc; a handful of loads, and getrlimit once for the main thread.
StackBounds own_stack() noexcept;

// Bounds of a foreign stack, as far as they are known to begin with.
StackBounds foreign_stack(std::uint64_t stack_pointer) noexcept;

// The bounds to walk within from `stack_pointer`: the own stack's if it lies there, a foreign stack's otherwise.
inline StackBounds bounds_around(std::uint64_t stack_pointer, const StackBounds& own) noexcept {
  return stack_pointer >= own.low && stack_pointer < own.high ? own : foreign_stack(stack_pointer);
}

}  // namespace heaptape::unwind
