// What `heaptape record` is asked for, from its words.
#pragma once

#include "recorder/launcher/record_options.h"

namespace heaptape::cli {

class Arguments;

// argv[0] is "record". Throws Failure, or Exit where the help was asked for and shown.
RecordOptions record_options(int argc, char** argv);

// The option that `doctor` has too.
void add_buffer(Arguments& arguments, RecordOptions& options);

}  // namespace heaptape::cli
