// A tree of calls as indented lines. A node with a single shown child keeps its indent, so that long
// chains stay readable; what is below the threshold is folded and summed up.
#pragma once

#include <string>

#include "analyzer/reports.h"
#include "cli/terminal.h"

namespace heaptape::cli {

std::string tree_text(const TreeReport& report, double threshold_percent, const Terminal& terminal);

}  // namespace heaptape::cli
