// A tape that a command makes of another one: written beside its place, there when it is whole.
#pragma once

#include <string>

#include "format/extract.h"

namespace heaptape::cli {

struct MadeTape {
  std::string path;
  bool force = false;
};

// Shows how far it has come, as `what`. Throws Failure and TapeError; then nothing is left.
void make_tape(const TapeReader& tape, Extract part, const SymbolTable& symbols, const MadeTape& made,
               const std::string& what);

}  // namespace heaptape::cli
