// Options that mean the same in every subcommand.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "analyzer/reports.h"

namespace heaptape::cli {

void add_tape(CLI::App& command, std::string& path);
void add_layer(CLI::App& command, Layer& layer);
void add_cost(CLI::App& command, Cost& cost);
void add_json(CLI::App& command, bool& json);
// How many lines of a list are shown; 0: all.
void add_limit(CLI::App& command, std::size_t& limit);

}  // namespace heaptape::cli
