// Sessions whose drain was killed: what they recorded last still lies in shared memory.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "recorder/drain/session_notes.h"

namespace heaptape {

// An orphaned session of this user, locked against others for as long as this lives.
class Orphan {
 public:
  Orphan(std::string folder, FoundNotes found) : folder_(std::move(folder)), found_(std::move(found)) {}
  Orphan(Orphan&& other) noexcept
      : folder_(std::move(other.folder_)), found_(std::exchange(other.found_, {.notes = {}, .lock = -1})) {}
  Orphan& operator=(Orphan&&) = delete;
  ~Orphan();

  const std::string& folder() const { return folder_; }
  const SessionNotes& notes() const { return found_.notes; }
  // Paths of its mappings, in the order in which they were made.
  std::vector<std::string> mappings() const;

 private:
  std::string folder_;
  FoundNotes found_;
};

// Those in the places where sessions live now.
std::vector<Orphan> find_orphans();
// Their number. Disturbs nobody who looks at the same time.
std::size_t count_orphans();
// Removes what drains left that were killed before they had made a session.
void remove_unfinished_sessions();

}  // namespace heaptape
