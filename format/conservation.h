// Whether every call of the recorder's hooks is accounted for: calls = dropped + under way + read from lanes; read =
// left out + on the tape; on the tape = replayed. Each figure is counted at a place of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "format/tape.h"

namespace heaptape {

struct Conservation {
  CallCounts calls;
  std::uint64_t on_tape = 0;   // births, releases and restored among the tape's events
  std::uint64_t restored = 0;  // of which
  std::uint64_t replayed = 0;  // that a replay has made something of
  // Of events of all kinds, so that they bound what is missing:
  std::uint64_t aggregated = 0;      // that left the tape for its opening
  std::uint64_t unwritten = 0;       // that found no place in the file
  std::uint64_t most_under_way = 0;  // when their process ended: a call for each thread, and what was torn

  // Calls of which there is no more than that they were counted: their process ended, or a handler jumped out.
  std::uint64_t under_way() const { return calls.called - calls.dropped - calls.read; }
  // Calls that were read and not left out, and yet are not among the events: aggregated or unwritten.
  std::uint64_t missing() const { return calls.read - calls.left_out - on_tape; }
  // What does not add up, a sentence each.
  std::vector<std::string> faults() const;
};

}  // namespace heaptape
