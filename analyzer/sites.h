// The site of a stack: the first frame outside allocators, the C++ runtime and std::, innermost
// first. Stacks with one site differ in their callers alone.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

struct Site {
  std::string label;   // function name, as people write it
  std::string detail;  // file's base name and line, or the module's base name
  Location place;
};

class Sites {
 public:
  Sites(const TapeReader& tape, Symbols& symbols)
      : tape_(&tape), symbols_(&symbols), by_stack_(tape.frames().size(), kUnknown) {}

  // Index of the stack's site; sites are numbered from 0 in order of first call.
  std::uint32_t of(StackId stack);
  const Site& operator[](std::uint32_t index) const { return sites_[index]; }
  std::size_t size() const { return sites_.size(); }

  // The first frame outside the runtime that called the site; without a function if there is none.
  Location caller_of(StackId stack) const;
  // The frames that `for_each_frame` visits, resolved; inlined ones included.
  std::vector<Location> frames(StackId stack) const;
  // The outermost frame that `of` and `is_residue` look at: what stays the same however the stack goes on from there.
  StackId outermost_of_site(StackId stack) const;
  // Blocks that the runtime keeps for itself: no frame of the program asked for them, or one of its functions that
  // never give back did (stdio's buffers, threads' own data, libstdc++'s emergency pool).
  bool is_residue(StackId stack) const;

 private:
  // The frame of a runtime's function that never gives back what it allocates; the empty stack if there is none.
  StackId keeper_of(StackId stack) const;

  static constexpr std::uint32_t kUnknown = UINT32_MAX;
  struct Place {
    StackId frame = kEmptyStack;
    const Location* location = nullptr;  // lives as long as the symbols
  };

  Place place_of(StackId stack) const;
  std::uint32_t number_of(const Location& place);

  const TapeReader* tape_;
  Symbols* symbols_;
  std::vector<std::uint32_t> by_stack_;
  // Many stacks end at one address: its location is one object, and not looked at again.
  std::unordered_map<const Location*, std::uint32_t> by_location_;
  std::map<std::tuple<std::string, std::string, std::string, std::uint32_t>, std::uint32_t> by_place_;
  std::vector<Site> sites_;
};

// Visits a stack's frames, innermost first. What only leads up to main (_start, libc's start) is left out, unless
// there is nothing else.
template <class Take>
void for_each_frame(const TapeReader& tape, StackId stack, const Take& take) {
  const bool from_program = tape.frames()[static_cast<std::size_t>(stack)].in_program;
  while (stack != kEmptyStack) {
    const Frame& frame = tape.frames()[static_cast<std::size_t>(stack)];
    if (from_program && !frame.in_program) return;
    take(frame);
    stack = frame.parent;
  }
}

// Stands where frames between a frame and its parent were left out.
const Location& frames_left_out();

std::string label_of(const Site& site);           // both in one: "make_row (table.cc:41)"
std::string detail_of(const Location& location);  // empty for an address, which names its module itself

}  // namespace heaptape
