// What every text view shares: its heading, its figures in words, and what the tape's ledger adds.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "cli/terminal.h"
#include "format/reader.h"

namespace heaptape::cli {

// "sqlite3 · layer program", the program in bold.
std::string heading(const Terminal& terminal, const std::string& program, Layer layer, const std::string& what);
// The same, with what the report was narrowed down to.
std::string heading(const Terminal& terminal, const std::string& program, Layer layer, const SelectionReport& selection,
                    const std::string& what);
// "1.21 MiB (1,269,760 bytes) in 12 blocks at 12.3 ms"
std::string in_words(const Peak& peak);
// "1.21 MiB (1,269,760 bytes) in 12 blocks"
std::string in_words(std::uint64_t bytes, std::uint64_t blocks);
// "exited with status 0"
std::string in_words(const Ending& ending);
// A line for a list without any: `what` ("nothing was live") and why that may be.
std::string nothing(Layer layer, const SelectionReport& selection, const std::string& what);
// "about 12 (± 3)", "about 1.2 MiB (± 40 KiB)": an estimate and the margin around it; as it is where there are no
// margins.
std::string with_margin(const std::string& figure, bool is_estimate, const std::string& margin);
std::string amount(Cost cost, std::uint64_t value);
std::string notes(const Terminal& terminal, const std::vector<Caveat>& caveats);
// How many of a list are shown, and the line for the rest; `limit` 0: all are. `what`: "more site".
std::size_t shown_of(std::size_t all, std::size_t limit);
std::string more_line(std::size_t all, std::size_t limit, const char* what);
// A name from the tape, fit for a terminal; it may be long, but is one line.
std::string safe(const std::string& name);

// Throws TapeError for the first that can't be read.
std::vector<TapeReader> opened(const std::vector<std::string>& tapes);
// Calls `show` with each. A tape that can't be read is said on stderr and keeps no other from being shown; the error of
// an only one passes. Answers whether all could be read.
bool show_each(const std::vector<std::string>& tapes, const std::function<void(const std::string& tape)>& show);

// Says on stderr that the tape is damaged, if it is, where only a report's reading met it too; whether it is.
bool tell_damage(const TapeReader& tape, const std::vector<Caveat>& caveats);
// Call when all is printed: damage goes to stderr, and the command ends with status 3.
void report_damage(const TapeReader& tape, const std::vector<Caveat>& caveats);

}  // namespace heaptape::cli
