// The events of a tape, one a line, as text or as JSON lines.
#pragma once

#include <functional>
#include <string_view>

#include "cli/instants.h"
#include "format/reader.h"

namespace heaptape::cli {

struct DumpOptions {
  bool json = false;
  bool stacks = false;  // text: the frames of each stack before the first event that has it, as JSON lines always have
  std::function<void(std::string_view)> take;  // is given the text, whole lines at a time
};

// Events numbered [range.begin, range.end). Throws Failure behind them where the tape is damaged: what is lost is left
// out.
void dump_events(const TapeReader& tape, Range range, const DumpOptions& options);

}  // namespace heaptape::cli
