// One reading of a tape, shown to any number of passes.
//
// The replay keeps what is live and tells each pass what became of blocks; passes keep their own
// figures. The rules are those of the tape's own totals (format/accounting.h): replayed totals equal the index.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/live_map.h"
#include "format/reader.h"

namespace heaptape {

// A moment of a replay: `event` counts the events up to and with this one.
struct Moment {
  std::uint64_t time_ns = 0;
  std::uint64_t event = 0;
};

// How a block ended.
enum class Fate : std::uint8_t {
  released,
  temporary,    // released by its own thread with no other allocation of that thread between
  overwritten,  // another block was born at its address: its release was never seen
};

class Pass {
 public:
  virtual ~Pass() = default;
  virtual void born(const Block&, Moment) {}
  virtual void ended(const Block&, Fate, Moment) {}
  // The block's release (its fate then is given) was taken back: it lives on as the same block.
  virtual void restored(const Block&, Fate, Moment) {}
  // Every event that is no birth, release or restored.
  virtual void other(const Event&, Moment) {}
};

// Blocks of the tape that turn out damaged are left out, and answered.
[[nodiscard]] std::vector<Damage> replay(const TapeReader& tape, std::span<Pass* const> passes);

}  // namespace heaptape
