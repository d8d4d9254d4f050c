// Which part of a tape a report is of: --layer, --at, --from, --to and the filters, the same for every command.
#pragma once

#include <string>

#include "analyzer/selection.h"
#include "cli/arguments.h"

namespace heaptape::cli {

// `end`: what the end of a range is called where --to is taken.
void add_selection(Arguments& arguments, Choice& choice, const std::string& end = "--to");
// The same without an instant: for what is of a stretch of time.
void add_range_selection(Arguments& arguments, Choice& choice, const std::string& end = "--to");
// --from and its end alone, where no choice of blocks means anything.
void add_range(Arguments& arguments, Choice& choice, const std::string& end, const std::string& from_help,
               const std::string& to_help);

// Throws Failure where it means nothing on the tape. `whose`: what the sentence begins with, of one tape among several.
Selection selection_of(const TapeReader& tape, const Choice& choice, Symbols& symbols, const std::string& whose = "");

}  // namespace heaptape::cli
