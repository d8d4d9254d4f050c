// A tree of calls as indented lines. A node that is all of what is above it keeps the indent and bears no figures of
// its own, so that long chains stay readable; branches below the threshold are folded.
#pragma once

#include <string>

#include "analyzer/reports.h"
#include "cli/terminal.h"

namespace heaptape::cli {

std::string tree_text(const TreeReport& report, double threshold_percent, const Terminal& terminal);

}  // namespace heaptape::cli
