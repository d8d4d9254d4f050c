// What a session's folder says of itself, so that `recover` can finish what a killed drain began.
//
// The file `notes` is locked by the drain for as long as it lives; the kernel lets go of the lock the moment it dies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace heaptape {

inline constexpr char kSessionPrefix[] = "heaptape.";  // of a folder's name
inline constexpr char kNotesName[] = "notes";

struct SessionNotes {
  std::string own;        // path of the command's tape, absolute
  std::string program;    // name of the command
  std::uint32_t pid = 0;  // of the command
};

// Writes the notes into `folder` and locks them. Answers the descriptor that holds the lock. Throws std::system_error.
int write_notes(const std::string& folder, const SessionNotes& notes);

struct FoundNotes {
  SessionNotes notes;
  int lock = -1;  // of a dead drain: a descriptor that holds its lock now, for the caller to close; -1: it lives
};
// Nothing: the folder is no session of this user.
std::optional<FoundNotes> read_notes(const std::string& folder);
// Whether the folder is a session of this user whose drain is dead. Takes no lock.
bool is_orphan(const std::string& folder);

}  // namespace heaptape
