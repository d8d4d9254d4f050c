// When each thread allocates and frees: read off the columns of kinds, threads and times alone.
#pragma once

#include <cstddef>

#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "format/reader.h"

namespace heaptape {

// Fills `threads` and `other_threads` of a report that has its steps. `limit`: of lanes, at most. Where fewer than two
// of the chosen threads have events in the range there are none. Blocks of the tape that are damaged count nothing: the
// reading that made the steps tells of them. Memory grows with threads, and with the steps that each of them lasts for.
void take_thread_lanes(TimelineReport& report, const TapeReader& tape, const Selection& selection, std::size_t limit);

// At most so many lanes: those of the threads with most events, in their order, and all others in a last one, which has
// no tid.
std::vector<TimelineReport::Lane> lanes_of(const TimelineReport& report, std::size_t lanes);

}  // namespace heaptape
