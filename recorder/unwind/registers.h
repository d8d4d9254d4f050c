// The registers a walk knows of a frame, by their DWARF numbers (System V x86-64 psABI, table 3.36).
#pragma once

#include <cstdint>

namespace heaptape::unwind {

#if !defined(__x86_64__) || !defined(__LP64__)
#error "stacks are walked on x86-64 only"
#endif

inline constexpr unsigned kRbx = 3, kRbp = 6, kRsp = 7, kR12 = 12, kR15 = 15, kReturnAddress = 16;
inline constexpr unsigned kRegisters = 17;

struct Registers {
  std::uint64_t value[kRegisters];
  std::uint32_t known;  // bit n: value[n] holds

  bool knows(unsigned number) const noexcept { return number < kRegisters && (known >> number & 1) != 0; }
  void set(unsigned number, std::uint64_t to) noexcept {
    value[number] = to;
    known |= 1u << number;
  }
  void forget(unsigned number) noexcept { known &= ~(1u << number); }
};

}  // namespace heaptape::unwind
