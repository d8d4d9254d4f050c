// Options of `record` that say what is left out, and how large a tape may become.
#pragma once

#include <CLI/CLI.hpp>

#include "recorder/launcher/record_options.h"

namespace heaptape::cli {

// `options` must outlive the parsing.
void add_selection(CLI::App& app, RecordOptions& options);

}  // namespace heaptape::cli
