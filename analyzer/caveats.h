// The sentences that stand beside figures which are less than the whole truth, and what every
// report says of its tape.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

// One per ledger entry above zero, and for a tape that is cut or damaged. `unread`: what a replay left out. `refused`:
// paths of files whose symbols were.
std::vector<Caveat> caveats_of(const TapeReader& tape, const std::vector<Damage>& unread,
                               const std::vector<std::string>& refused = {});
// Call when all symbols are resolved.
inline std::vector<Caveat> caveats_of(const TapeReader& tape, const std::vector<Damage>& unread,
                                      const Symbols& symbols) {
  return caveats_of(tape, unread, symbols.mismatched());
}

// Whether it says that figures are less than the truth, or of a part; else that something is no loss, which is not
// worth a line where several tapes are shown together.
bool is_shortcoming(const Caveat& caveat);
// Appends those of one of several tapes, each with its path.
void add_shortcomings(std::vector<Caveat>& all, const std::string& path, std::vector<Caveat> caveats);

// Base name of the executable; the command line, quoted where a shell would need it.
std::string program_of(const TapeReader& tape);
std::string command_of(const TapeReader& tape);
// To the end of recording, or to the last thing that a tape without an end knows.
std::uint64_t duration_of(const TapeReader& tape);
// Times are multiples of it, in ns; never 0.
inline std::uint64_t clock_step_of(const TapeReader& tape) {
  return std::max<std::uint64_t>(tape.meta().clock_step_ns, 1);
}

// The options that left something out: "--min-size 64 --sample 524288"; empty: none did.
std::string filters_of(const Meta& meta);

// Whether births were passed over. A sample that met none has nothing to estimate from, and is one all the same.
bool is_sample(const TapeReader& tape);

// Whether figures of the tape are the whole truth for the layer.
bool is_exact(const TapeReader& tape, Layer layer);

}  // namespace heaptape
