// Updates that a signal handler on the same thread sees whole, and nobody else writes: one
// instruction each, without the bus lock that other threads would need.
#pragma once

#include <cstdint>

namespace heaptape::guest {

// Adds, answers the value before.
inline std::uint64_t signal_fetch_add(std::uint64_t& word, std::uint64_t add) noexcept {
#if defined(__x86_64__)
  asm volatile("xaddq %0, %1" : "+r"(add), "+m"(word)::"memory", "cc");
  return add;
#else
  return __atomic_fetch_add(&word, add, __ATOMIC_RELAXED);
#endif
}

inline void signal_add_one(std::uint64_t& word) noexcept {
#if defined(__x86_64__)
  asm volatile("incq %0" : "+m"(word)::"memory", "cc");
#else
  __atomic_fetch_add(&word, 1, __ATOMIC_RELAXED);
#endif
}

// Subtracts, answers whether less than 0 is left.
inline bool signal_subtract(std::int64_t& word, std::int64_t bytes) noexcept {
#if defined(__x86_64__)
  bool less;
  asm volatile("subq %2, %1" : "=@ccl"(less), "+m"(word) : "r"(bytes) : "memory");
  return less;
#else
  return __atomic_sub_fetch(&word, bytes, __ATOMIC_RELAXED) < 0;
#endif
}

inline bool signal_compare_exchange(std::uint64_t& word, std::uint64_t expected, std::uint64_t desired) noexcept {
#if defined(__x86_64__)
  bool done;
  asm volatile("cmpxchgq %3, %1" : "=@ccz"(done), "+m"(word), "+a"(expected) : "r"(desired) : "memory");
  return done;
#else
  return __atomic_compare_exchange_n(&word, &expected, desired, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
#endif
}

}  // namespace heaptape::guest
