// What a tape begins with whose oldest events have left it (record --keep): everything about them that later figures
// depend on. FORMAT.md, section 11, says how it is stored.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "format/live_map.h"
#include "format/tape.h"

namespace heaptape {

// What the newest realloc of a thread released, should it fail. birth_event 0: no live block was at `block.address`,
// and the release was counted under `loss`.
struct Reallocated {
  Block block;
  bool was_temporary = false;
  Loss loss{};
  friend bool operator==(const Reallocated&, const Reallocated&) = default;
};

struct OpeningThread {
  std::uint64_t last_birth = 0;  // event number; 0: none
  std::optional<Reallocated> reallocated;
  friend bool operator==(const OpeningThread&, const OpeningThread&) = default;
};

// What the events cost, of one stack.
struct OpeningStack {
  StackId stack{};
  std::uint64_t allocated = 0, count = 0, temporary = 0;
  std::uint64_t peak = 0, peak_blocks = 0;                  // live at the peak of layer `all`
  std::uint64_t program_peak = 0, program_peak_blocks = 0;  // of layer `program`; 0 where the stack is not in it
  friend bool operator==(const OpeningStack&, const OpeningStack&) = default;
  // The stack stays this one.
  OpeningStack& operator+=(const OpeningStack& other) {
    allocated += other.allocated, count += other.count, temporary += other.temporary;
    peak += other.peak, peak_blocks += other.peak_blocks;
    program_peak += other.program_peak, program_peak_blocks += other.program_peak_blocks;
    return *this;
  }
};

// The curve in outline: stretches that follow each other, each from the end of the one before.
struct Stretch {
  struct Level {
    std::uint64_t high = 0, high_blocks = 0, high_time_ns = 0, high_event = 0;  // first moment of the most
    std::uint64_t last = 0, last_blocks = 0;
    friend bool operator==(const Level&, const Level&) = default;
  };
  std::uint64_t end_ns = 0;
  std::uint64_t events = 0;
  Level program, all;
  const Level& of(Layer layer) const { return layer == Layer::program ? program : all; }
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

struct OpeningMark {
  std::uint64_t time_ns = 0;
  ThreadId thread{};
  TextId name{};
  friend bool operator==(const OpeningMark&, const OpeningMark&) = default;
};

struct Opening {
  std::uint64_t events = 0;   // that it stands for; 0: the tape begins at the beginning
  std::uint64_t time_ns = 0;  // of the last of them
  bool was_paused = false;    // there was a pause or a resume among them
  LayerTotals totals;
  Ledger ledger;                       // what accounting counted
  std::vector<Block> live;             // in order of address
  std::vector<OpeningThread> threads;  // by ThreadId, as far as needed
  std::vector<OpeningStack> stacks;    // in order of stack
  std::vector<Stretch> outline;
  std::vector<OpeningMark> marks;
  friend bool operator==(const Opening&, const Opening&) = default;
};

}  // namespace heaptape
