// `heaptape doctor`: all checks for one command, in the order in which they matter.
#pragma once

#include "recorder/launcher/checks.h"
#include "recorder/launcher/record_options.h"

namespace heaptape {

struct Diagnosis {
  std::vector<Check> checks;
  int status = 0;  // 0: can be recorded; 125: can't; 126, 127: can't even be run, or found
};

// Without a command: of the machine and the output alone.
Diagnosis diagnose(const RecordOptions& options);

}  // namespace heaptape
