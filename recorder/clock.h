// Stamps. Serialising reads of a clock that all cores share: an event committed before another one
// begins has the smaller stamp, on whatever core.
#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <time.h>
#endif

namespace heaptape {

// Plain rdtsc runs ahead of the load that fetched the pointer; rdtscp waits for all earlier loads.
inline std::uint64_t stamp_now() noexcept {
#if defined(__x86_64__)
  unsigned core;
  return __rdtscp(&core);
#elif defined(__aarch64__)
  std::uint64_t ticks;
  asm volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks)::"memory");
  return ticks;
#else
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
#endif
}

// A stamp that may run ahead of loads that come before it: for order within one thread only.
inline std::uint64_t hasty_stamp() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return stamp_now();
#endif
}

// No load that follows is done before the stamp was taken.
inline void hold_loads() noexcept {
#if defined(__x86_64__)
  _mm_lfence();
#else
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
}

}  // namespace heaptape
