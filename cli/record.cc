// heaptape record [options] [--] COMMAND…
#include "cli/commands.h"
#include "cli/record_options.h"
#include "recorder/launcher/launcher.h"

namespace heaptape::cli {

int record(int argc, char** argv) { return launch(record_options(argc, argv)); }

}  // namespace heaptape::cli
