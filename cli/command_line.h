// Where the command of `record` and `doctor` begins. argv is cut before CLI11 sees it, so that the command's own
// options stay its own.
#pragma once

#include <CLI/CLI.hpp>

namespace heaptape::cli {

// Index of the command's first word, behind `--` or the first that is no option; argc if there is none. argv[0] is the
// subcommand.
int find_command(const CLI::App& app, int argc, char** argv);

// Parses the options in front of it. False: the help was printed, the subcommand is done. Throws Failure.
bool parse_options(CLI::App& app, int command, int argc, char** argv);

}  // namespace heaptape::cli
