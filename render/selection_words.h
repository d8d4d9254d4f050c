// What a report was narrowed down to, in words: "live at peak (12.3 ms) · thread worker · size 64 B..4 KiB".
#pragma once

#include <string>
#include <vector>

#include "analyzer/reports.h"

namespace heaptape {

// One part for the instant or the range, one for each filter. Empty: nothing was.
std::vector<std::string> words_of(const SelectionReport& selection);

// A sentence where a time axis ends before its run does, else nothing.
std::vector<std::string> quiet_note(const SelectionReport& selection);

}  // namespace heaptape
