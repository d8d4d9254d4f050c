// What `heaptape record` is asked for, from its words.
#pragma once

#include "recorder/launcher/record_options.h"

namespace heaptape::cli {

// argv[0] is "record". Throws Failure, or Exit where the help was asked for and shown.
RecordOptions record_options(int argc, char** argv);

}  // namespace heaptape::cli
