// Where the functions that somebody names are on a tape.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

class FunctionStacks {
 public:
  using Stacks = std::vector<bool>;  // by StackId

  // Both must outlive this.
  FunctionStacks(const TapeReader& tape, Symbols& symbols) : tape_(&tape), symbols_(&symbols) {}

  // Those with the function in them; the answer lives as long as this. A walk over all frames, once for each function.
  const Stacks& with(const std::string& function);
  bool is_on_tape(const std::string& function);
  // Of the program or its libraries: a function may be on the tape and not be found.
  bool has_nameless_frames();

 private:
  const TapeReader* tape_;
  Symbols* symbols_;
  std::map<std::string, Stacks> by_function_;
  std::optional<bool> has_nameless_;
};

}  // namespace heaptape
