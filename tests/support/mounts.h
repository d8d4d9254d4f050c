// File systems of a test's own, in a mount namespace that ends with the command.
#pragma once

#include <string>

#include "tests/support/run_command.h"

namespace heaptape::testing {

// Whether this user may make them.
inline bool may_mount() {
  return run_command({"unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m none /mnt"}).status == 0;
}

// Runs a shell script that may mount what it likes.
inline Finished run_with_mounts(const std::string& script, const CommandOptions& options = {}) {
  return run_command({"unshare", "-m", "sh", "-c", script}, options);
}

}  // namespace heaptape::testing
