// Which blocks live as long as is asked for. That is known when they end, so it takes a reading of the tape beforehand,
// and a bit for each event: 120 MiB for a billion.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "analyzer/replay.h"
#include "analyzer/reports.h"

namespace heaptape {

class LifetimeFilterPass : public Pass {
 public:
  explicit LifetimeFilterPass(Bounds nanoseconds) : bounds_(nanoseconds) {}

  void opened(const Opening& opening) override;
  void born(const Block& block, Moment) override { note(block, lives_on()); }
  // A block whose release was never seen ends where another one was born at its address.
  void ended(const Block& block, Fate, Moment now) override {
    note(block, bounds_.holds(now.time_ns - block.birth_ns));
  }
  void restored(const Block& block, Fate, Moment) override { note(block, lives_on()); }

  bool holds(const Block& block) const;

 private:
  // Of a block that is live at the end.
  bool lives_on() const { return bounds_.most == UINT64_MAX; }
  void note(const Block& block, bool holds);

  Bounds bounds_;
  std::uint64_t first_ = 0;                  // events before those of the tape
  std::unordered_set<std::uint64_t> older_;  // of the blocks that were born among them: those that hold
  std::vector<bool> held_;                   // by birth event, from first_ on
};

}  // namespace heaptape
