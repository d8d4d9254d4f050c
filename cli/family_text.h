// Several tapes as a tree of processes with a total.
#pragma once

#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "cli/terminal.h"

namespace heaptape::cli {

std::string family_text(const std::vector<SummaryReport>& reports, Layer layer, const Terminal& terminal);

}  // namespace heaptape::cli
