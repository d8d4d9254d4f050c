// How recorded processes ended: the drain's own children tell it by waitpid, of others the kernel may know.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "format/tape.h"

namespace heaptape {

class Endings {
 public:
  // Takes what children have told since the last call. Answers whether there are no children left.
  bool reap();
  // Of a process that is dead. `pidfd`: opened while it lived, or -1.
  std::optional<Ending> of(std::uint32_t pid, int pidfd);
  // As from waitpid; empty while a child lives, and for all others.
  std::optional<int> status_of(std::uint32_t child) const;
  // Whether this child has stopped (true) or was continued (false) since the last call.
  std::optional<bool> take_stop(std::uint32_t child);

 private:
  std::map<std::uint32_t, int> statuses_;  // by pid
  std::map<std::uint32_t, bool> stops_;
};

}  // namespace heaptape
