// What the drain tells the launcher, over a pipe: fixed-size messages, each written whole.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace heaptape {

struct Report {
  enum class Kind : std::uint32_t {
    failed,    // recording can't start: `text` is the sentence, `status` the exit status; nothing was run
    started,   // `pid` runs the command
    finished,  // the command ended and its tape is whole: all fields
  };
  Kind kind = Kind::failed;
  pid_t pid = 0;
  int status = 0;           // `finished`: as from waitpid
  std::uint32_t tapes = 0;  // beside the command's own
  bool recorded = false;    // the command's image joined the session
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;        // sum of the damage counts of its ledger
  std::uint64_t left_out = 0;    // allocations that a filter or a sample passed over, as its ledger says
  std::uint64_t ignored = 0;     // program images that --children or --process left out
  std::uint64_t unrecorded = 0;  // program images that could not be recorded, or whose tape could not be made
  char own_malloc[1024] = {};    // a program whose allocations can't be seen; empty: none
  char path[1024] = {};          // of the tape
  char text[1024] = {};          // `failed`; `finished`: why the tape could not be written, or empty
};
static_assert(sizeof(Report) <= 4096, "a pipe takes it in one piece");

}  // namespace heaptape
