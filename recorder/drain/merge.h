// Merges the runs of a process's lanes by stamp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "recorder/drain/lane_reader.h"

namespace heaptape {

// Where a run has been read to. Older stamps first; at equal ones a release goes before another lane's birth, since it
// may be the birth's own address.
struct RunHead {
  Run* run;
  const Record& record() const { return run->records[run->taken]; }
  bool done() const { return run->taken == run->records.size(); }
  bool operator<(const RunHead& other) const {
    if (done() || other.done()) return !done();
    if (record().stamp != other.record().stamp) return record().stamp < other.record().stamp;
    return record().kind == SlotKind::release && other.record().kind != SlotKind::release;
  }
};

// Sinks the first of the heads to its place in the heap, the oldest on top.
inline void sink_first(std::vector<RunHead>& heads) {
  const RunHead sinking = heads[0];
  std::size_t at = 0;
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heads.size()) break;
    if (child + 1 < heads.size() && heads[child + 1] < heads[child]) ++child;
    if (!(heads[child] < sinking)) break;
    heads[at] = heads[child];
    at = child;
  }
  heads[at] = sinking;
}

// Calls take(record, run) for each record, the oldest first. A run's `taken` counts those for which it has returned.
template <typename Take>
void merge(std::span<Run> runs, const Take& take) {
  if (runs.size() == 1) {
    for (Run& run = runs[0]; run.taken < run.records.size(); ++run.taken) take(run.records[run.taken], run);
    return;
  }
  std::vector<RunHead> heads;
  for (Run& run : runs) heads.push_back({&run});
  std::sort(heads.begin(), heads.end());
  while (!heads.empty() && !heads[0].done()) {
    const RunHead head = heads[0];
    take(head.record(), *head.run);
    ++head.run->taken;
    sink_first(heads);
  }
}

}  // namespace heaptape
