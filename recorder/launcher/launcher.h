// The launcher: the process behind `heaptape record`. Starts the drain, forwards signals to the command,
// waits for its tape and answers with the command's own status.
#pragma once

#include "recorder/launcher/record_options.h"

namespace heaptape {

// Runs the command and records it. Answers the exit status; where the command died by a signal, this
// process dies by the same one and the call does not return.
int launch(RecordOptions options);

}  // namespace heaptape
