// How the tapes of several program images hang together: who started whom, who became whom.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "analyzer/reports.h"

namespace heaptape {

struct FamilyMember {
  std::size_t report = 0;  // index into the reports
  std::size_t depth = 0;   // of its process below the eldest known ancestor
  std::optional<std::size_t>
      parent;  // index of the report that it came out of: its process's last image, or its parent
};

// Every report once, in order of time: the images of one process follow each other, and below them come the processes
// that they started. Tapes of one session are linked by number, others by pid and time. What is known of no parent
// stands outermost.
std::vector<FamilyMember> family_of(std::span<const SummaryReport> reports);

// Sums, but the largest peak and the longest duration.
struct FamilyTotal {
  Totals totals;
  std::uint64_t threads = 0;
  std::uint64_t duration_ns = 0;
  Ledger ledger;
};
FamilyTotal total_of(std::span<const SummaryReport> reports);

}  // namespace heaptape
