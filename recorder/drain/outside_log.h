// What was done to a recording from outside the program: pauses, resumes and marks, in order of stamps. Each tape takes
// from here what happened in its time.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "format/event.h"

namespace heaptape {

struct Outside {
  std::uint64_t stamp = 0;
  EventKind kind{};  // pause, resume or mark
  std::string name;  // of a mark
};

class OutsideLog {
 public:
  explicit OutsideLog(bool paused) : paused_at_front_(paused) {}

  // Stamps never run back. Only the newest are kept: a tape takes them in every round.
  void add(Outside what);

  // Where a tape stands that begins at some stamp.
  struct Position {
    std::uint64_t next = 0;  // number of the first that is younger
    bool paused = false;
  };
  Position at(std::uint64_t stamp) const;
  // The one with that number; null if it has not happened yet.
  const Outside* find(std::uint64_t number) const;

 private:
  std::deque<Outside> kept_;
  std::uint64_t forgotten_ = 0;
  bool paused_at_front_;
};

}  // namespace heaptape
