// What a selection of blocks cost, worked out in the plainest way: every block's life, then every instant in turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "analyzer/reports.h"
#include "format/event.h"

namespace heaptape {

struct NaiveLife {
  Event birth;
  std::uint64_t number = 0;             // of the birth, from 1
  std::optional<std::uint64_t> end_ns;  // none: live at the end
  std::uint64_t end_number = 0;         // of the event that ended it
  ThreadId ended_by{};
  bool is_live = true, is_temporary = false, was_overwritten = false;
  std::uint64_t lifetime_ns() const { return end_ns ? *end_ns - birth.time_ns : UINT64_MAX; }
};

// The lives of all blocks born in the first `count` events, as they stand after these.
std::vector<NaiveLife> live_naively(const std::vector<Event>& events, std::size_t count);

struct NaiveSelection {
  std::map<std::uint32_t, Costs> stacks;  // by StackId; those that have none are left out
  std::uint64_t peak = 0, peak_event = 0;
  std::uint64_t live_at_end = 0;
  std::vector<std::uint64_t> live;  // live bytes after event begin, begin + 1, … end
};
// Of the events numbered above `begin` and up to `end`; `chooses` is asked of lives as they stand after all events.
NaiveSelection select_naively(const std::vector<Event>& events, std::uint64_t begin, std::uint64_t end, bool is_instant,
                              const std::function<bool(const NaiveLife&)>& chooses);

}  // namespace heaptape
