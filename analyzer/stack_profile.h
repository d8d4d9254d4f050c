// The stacks of a layer, or of what else was selected, with what each cost: what files for other tools' profilers are
// written from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

struct StackProfile {
  // An address, or the place of frames that were left out.
  struct Frame {
    ModuleId module = kNoModule;
    std::uint64_t address = 0;     // look-up address in the recorded process
    std::vector<Location> places;  // innermost first, never empty
  };
  struct Stack {
    Costs costs;                              // as in the report top
    std::uint64_t live = 0, live_blocks = 0;  // at the end, the runtime's residue included, or at the chosen instant
    std::vector<std::uint32_t> frames;        // in StackProfile::frames, innermost first; never empty
    std::uint32_t site = 0;                   // in StackProfile::sites
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program, command;
  std::uint64_t started_unix_ns = 0, duration_ns = 0;
  std::uint64_t sample_bytes = 0;  // mean bytes between two sampled births; 0: not known, or every birth is there
  Peak peak;
  std::vector<Module> modules;
  std::vector<Frame> frames;
  std::vector<Stack> stacks;
  std::vector<Location> sites;     // as in the report top
  std::optional<Margins> margins;  // empty: figures are exact
  std::vector<Caveat> caveats;
};

// Throws TapeError where the tape can't be read.
StackProfile stack_profile(const TapeReader& tape, const Selection& selection, Symbols& symbols);
StackProfile stack_profile(const TapeReader& tape, Layer layer, Symbols& symbols);

}  // namespace heaptape
