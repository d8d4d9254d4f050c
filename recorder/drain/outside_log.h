// What was done to a recording from outside the program: pauses, resumes and marks, in order of stamps. Each tape takes
// from here what happened in its time.
#pragma once

#include <cstddef>
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
  static constexpr std::size_t kFew = 1024;  // many more than one round can bring, and a tape takes them in every round
  static constexpr std::size_t kAll = SIZE_MAX;
  // `most`: how many are kept, the newest.
  explicit OutsideLog(bool paused, std::size_t most = kFew) : most_(most), paused_at_front_(paused) {}

  // A stamp that is not younger than the one before is made so.
  void add(Outside what);

  // Where a tape stands that begins at some stamp.
  struct Position {
    std::uint64_t next = 0;  // number of the first that is younger
    bool paused = false;
  };
  Position at(std::uint64_t stamp) const;
  // The one with that number; null if it has not happened yet.
  const Outside* find(std::uint64_t number) const;
  // The oldest that is kept, and whether all was paused before it.
  Position front() const { return {forgotten_, paused_at_front_}; }

 private:
  std::size_t most_;
  std::deque<Outside> kept_;
  std::uint64_t forgotten_ = 0;
  bool paused_at_front_;
};

}  // namespace heaptape
