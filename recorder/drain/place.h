// Where sessions live: memory that looks like files, never a disk, whose writeback the program would wait for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heaptape {

inline constexpr char kPlaceVariable[] = "HEAPTAPE_SHM";  // environment: the one place to use

// Folders on tmpfs that may hold a session, the best first: /dev/shm, then the user's runtime folders, then /tmp.
std::vector<std::string> session_places();
// Room left in the file system of a folder; 0 if nobody knows.
std::uint64_t room_in(const std::string& folder);

}  // namespace heaptape
