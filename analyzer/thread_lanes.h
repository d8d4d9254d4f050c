// When each thread allocates and frees: read off the columns of kinds, threads and times alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "format/reader.h"

namespace heaptape {

// Fills `threads` and `other_threads` of a report that has its steps. `limit`: of lanes, at most. Where fewer than two
// of the chosen threads have events in the range there are none, nor where blocks were chosen by more than their
// thread: columns do not tell which those are. `unread`: what the reading that made the steps found damaged, which
// counts nothing. Of more threads than `limit` it takes two readings. Memory grows with threads, and with steps times
// `limit`.
void take_thread_lanes(TimelineReport& report, const TapeReader& tape, const Selection& selection,
                       const std::vector<Damage>& unread, std::size_t limit);

// At most so many lanes: those of the first thread and of those with most events, in their order, and all others in a
// last one.
std::vector<TimelineReport::Lane> lanes_of(const TimelineReport& report, std::size_t lanes);

// "worker", or "worker 1234" where others in `all` are called the same, "thread 1234", "12 others".
std::string name_of(const TimelineReport::Lane& lane, const std::vector<TimelineReport::Lane>& all);

}  // namespace heaptape
