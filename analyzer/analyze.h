// The questions that a tape answers, one function each. Each reads the tape's events at most twice
// (layer `user` needs to know first which blocks variables came to own) and keeps no state behind.
//
// All throw TapeError where a tape can't be read at all; what is cut or lost is in the report's caveats.
#pragma once

#include <cstddef>

#include "analyzer/reports.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

// From the index alone, no event decoded, unless the tape has tracked variables.
SummaryReport summary(const TapeReader& tape, Layer layer);

// At most `samples` steps (at least 1), equally long.
TimelineReport timeline(const TapeReader& tape, Layer layer, std::size_t samples, Symbols& symbols);

TreeReport call_tree(const TapeReader& tape, Layer layer, Cost cost, TreeReport::Direction direction, Symbols& symbols);

TopReport top(const TapeReader& tape, Layer layer, Cost cost, Symbols& symbols);

// At most `others` further peaks, each with a valley of a tenth of its height towards any higher one.
PeaksReport peaks(const TapeReader& tape, Layer layer, std::size_t others, Symbols& symbols);

LeaksReport leaks(const TapeReader& tape, Layer layer, Symbols& symbols);

InfoReport info(const TapeReader& tape);

}  // namespace heaptape
