// A comparison as text for a terminal, and as Markdown for a pull request.
#pragma once

#include <cstddef>
#include <string>

#include "analyzer/diff.h"
#include "cli/terminal.h"

namespace heaptape::cli {

// At most `limit` sites; 0: all.
std::string diff_text(const DiffReport& report, std::size_t limit, const Terminal& terminal);
std::string diff_markdown(const DiffReport& report, std::size_t limit);

}  // namespace heaptape::cli
