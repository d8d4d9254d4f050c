// How much memory there is for a recording: what --buffer auto goes by.
#pragma once

#include <cstdint>
#include <string>

namespace heaptape {

inline constexpr std::uint64_t kLeastAutomaticBuffer = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMostAutomaticBuffer = std::uint64_t{1} << 30;

// Bytes that can be had without pushing anything out: the least of what the machine says (MemAvailable), of what each
// memory control group around this process leaves (limit less usage, cached file pages apart; version 1 and 2), and of
// what is free in /dev/shm. `root`: stands before /proc and /sys, for tests.
std::uint64_t available_memory(const std::string& root = "");

// A sixteenth of it, from 1 MiB to 1 GiB, in whole MiB.
constexpr std::uint64_t automatic_buffer(std::uint64_t available) {
  const std::uint64_t share = available / 16 >> 20 << 20;
  if (share < kLeastAutomaticBuffer) return kLeastAutomaticBuffer;
  return share > kMostAutomaticBuffer ? kMostAutomaticBuffer : share;
}

}  // namespace heaptape
