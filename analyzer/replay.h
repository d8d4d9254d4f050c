// One reading of a tape, shown to any number of passes.
//
// The replay keeps what is live and tells each pass what became of blocks; passes keep their own
// figures. The rules are those of the tape's own totals (format/accounting.h): replayed totals equal the index.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "format/live_replay.h"
#include "format/reader.h"

namespace heaptape {

class Pass {
 public:
  virtual ~Pass() = default;
  // First, where the tape has no events from before that.
  virtual void opened(const Opening&) {}
  // Before they are taken: the next events; the first of them is number `before` + 1. Valid until the next such call.
  virtual void coming(std::span<const Event> /*events*/, std::uint64_t /*before*/) {}
  virtual void born(const Block&, Moment) {}
  virtual void ended(const Block&, Fate, Moment) {}
  // The block's release (its fate then is given) was taken back: it lives on as the same block.
  virtual void restored(const Block&, Fate, Moment) {}
  // Every event that is no birth, release or restored.
  virtual void other(const Event&, Moment) {}
};

// How many blocks are live at most, about, as the index says; what it says may be false.
std::size_t most_live(const TapeReader& tape);

// Blocks of the tape that turn out damaged are left out, and answered.
[[nodiscard]] std::vector<Damage> replay(const TapeReader& tape, std::span<Pass* const> passes);

}  // namespace heaptape
