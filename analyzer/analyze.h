// The questions that a tape answers, one function each. Each reads the tape's events once and keeps no state behind.
// A selection may have taken readings of its own: layer `user` needs to know first which blocks variables came to own.
//
// All throw TapeError where a tape can't be read at all; what is cut or lost is in the report's caveats.
#pragma once

#include <cstddef>

#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "analyzer/suppressions.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

// From the index alone, no event decoded, unless the tape has tracked variables.
SummaryReport summary(const TapeReader& tape, Layer layer);

// At most `samples` steps (at least 1), equally long. Of a range; an instant has none.
enum class BandsBy : std::uint8_t { none, site, module };
TimelineReport timeline(const TapeReader& tape, const Selection& selection, std::size_t samples, Symbols& symbols,
                        BandsBy bands = BandsBy::none);

// Of an instant the cost is `live`, whatever is asked for; of anything else it is not.
TreeReport call_tree(const TapeReader& tape, const Selection& selection, Cost cost, TreeReport::Direction direction,
                     Symbols& symbols);

// The same goes for this.
TopReport top(const TapeReader& tape, const Selection& selection, Cost cost, Symbols& symbols);

// At most `others` further peaks, each with a valley of a tenth of its height towards any higher one. An instant has
// none.
PeaksReport peaks(const TapeReader& tape, const Selection& selection, std::size_t others, Symbols& symbols);

LeaksReport leaks(const TapeReader& tape, const Selection& selection, Symbols& symbols,
                  const Suppressions& suppressions = {});

// Reads the events once more, for the ends of threads. Of an instant's blocks the whole lives count.
LifetimesReport lifetimes(const TapeReader& tape, const Selection& selection, LifetimesReport::By by, Symbols& symbols);

InfoReport info(const TapeReader& tape);

// Of a layer's whole run.
inline TimelineReport timeline(const TapeReader& tape, Layer layer, std::size_t samples, Symbols& symbols) {
  return timeline(tape, Selection(tape, layer), samples, symbols);
}
inline TreeReport call_tree(const TapeReader& tape, Layer layer, Cost cost, TreeReport::Direction direction,
                            Symbols& symbols) {
  return call_tree(tape, Selection(tape, layer), cost, direction, symbols);
}
inline TopReport top(const TapeReader& tape, Layer layer, Cost cost, Symbols& symbols) {
  return top(tape, Selection(tape, layer), cost, symbols);
}
inline PeaksReport peaks(const TapeReader& tape, Layer layer, std::size_t others, Symbols& symbols) {
  return peaks(tape, Selection(tape, layer), others, symbols);
}
inline LeaksReport leaks(const TapeReader& tape, Layer layer, Symbols& symbols) {
  return leaks(tape, Selection(tape, layer), symbols);
}

}  // namespace heaptape
