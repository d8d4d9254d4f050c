// Options of `record` that say what is left out, and how large a tape may become.
#pragma once

#include "recorder/launcher/record_options.h"

namespace heaptape::cli {

class Arguments;

// `options` must outlive the parsing.
void add_selection(Arguments& arguments, RecordOptions& options);

}  // namespace heaptape::cli
