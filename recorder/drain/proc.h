// What the drain reads of a recorded process in /proc. Every answer may be "gone".
#pragma once

#include <cstdint>
#include <string>

namespace heaptape {

// Resident bytes; 0 if the process is gone.
std::uint64_t resident_bytes(std::uint32_t pid);
// Name of a thread; empty if it is gone.
std::string thread_name(std::uint32_t pid, std::uint32_t tid);
bool thread_exists(std::uint32_t pid, std::uint32_t tid);
// Its parent's pid; 0 if it is gone.
std::uint32_t parent_of(std::uint32_t pid);
// Inode of our own pid namespace; 0: not to be had.
std::uint64_t own_pid_namespace();
// Node name and kernel release.
std::string host_name();

}  // namespace heaptape
