// Options that mean the same in every subcommand.
#pragma once

#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/symbol_sources.h"
#include "cli/arguments.h"

namespace heaptape::cli {

void add_tape(Arguments& arguments, std::string& path);
void add_layer(Arguments& arguments, Layer& layer);
void add_cost(Arguments& arguments, Cost& cost);
void add_json(Arguments& arguments, bool& json);
// Where names of functions, files and lines come from.
void add_symbol_sources(Arguments& arguments, SymbolSources& sources);
// How many lines of a list are shown; 0: all.
void add_limit(Arguments& arguments, std::size_t& limit);

}  // namespace heaptape::cli
