// What changed between two sets of runs of a program, by site.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "analyzer/instant.h"
#include "analyzer/reports.h"
#include "analyzer/spread.h"
#include "analyzer/symbol_sources.h"
#include "format/reader.h"

namespace heaptape {

class RunFigures;

// One figure on both sides: medians where a side has several runs.
struct Change {
  Spread base, now;
  bool differs() const { return base.median != now.median; }
  // The change is no larger than what runs of one side differ by.
  bool is_noise() const { return differs() && (base.covers(now.median) || now.covers(base.median)); }
  bool is_change() const { return differs() && !is_noise(); }
  // How far apart both are.
  std::uint64_t size() const;
};
using Changes = std::array<Change, kCosts>;  // by Cost

// How long released blocks lived.
struct LifetimeChanges {
  // Of the side's runs that released any, which may be none.
  Change p50_ns, p90_ns;   // off by at most a 32nd
  Change distance;         // median of allocations between birth and release
  Change released;         // blocks
  Change byte_ms;          // bytes times the milliseconds that they were live, those of blocks still live included
  bool is_change = false;  // half of the blocks, or the longest tenth, live at least twice or half as long
};

struct DiffReport {
  enum class State : std::uint8_t { same, renamed, moved, appeared, gone };
  struct Site {
    State state = State::same;
    std::string label;               // function name, as people write it
    std::string detail;              // file's base name (and the line, if it is one line), or the module's
    Location place;                  // now; of a gone one where it was
    std::optional<Location> before;  // of a renamed or moved one
    Changes changes;
    std::optional<LifetimeChanges> lifetimes;  // empty: not told
    const Change& of(Cost by) const { return changes[static_cast<std::size_t>(by)]; }
  };
  struct Run {
    std::string path, program, command;
    bool exact = true;  // neither cut, lossy nor sampled
  };
  Layer layer = Layer::program;
  Cost cost = Cost::peak;
  std::string program, command;  // of the newest side
  std::string aligned;           // "end", or the instant at which both sides were taken
  std::vector<Run> base, now;
  Changes totals;               // peak, allocated, count and temporary as in the summaries; leaked as in leaks
  Change live_at_end, residue;  // bytes; leaked and residue together are live at the end
  std::optional<Margins> base_margins, now_margins;  // the widest of the side's runs; empty: figures are exact
  std::uint64_t clock_step_ns = 1;                   // lifetimes are multiples of it: the coarsest of all runs
  std::optional<LifetimeChanges> lifetimes;  // of all blocks; empty: not asked for, or some tape can't tell them
  std::vector<Site> sites;                   // of which any figure differs; by the cost's change, largest first
  // Those of which lifetimes changed, whatever their costs did: the largest change in bytes times time first. Times are
  // other ones in each run, so that these stay apart from `sites`, which no timing changes.
  std::vector<Site> by_lifetime;
  std::size_t unchanged = 0;    // sites of which none does
  std::size_t noisy = 0;        // of `sites`, those that differ within the noise only
  std::vector<Caveat> caveats;  // each with its tape's path
  const Change& total(Cost by) const { return totals[static_cast<std::size_t>(by)]; }
};
const char* name_of(DiffReport::State state);

struct DiffOptions {
  Layer layer = Layer::program;
  Cost cost = Cost::peak;
  std::optional<Instant> align;  // as if the runs had ended there; empty: whole runs
  std::string aligned = "end";   // in words
  bool any_program = false;
  bool lifetimes = false;  // to be told; takes one more reading of each tape
  SymbolSources symbols;
};

// The sides are of different programs. what() is one sentence for people.
class DifferentPrograms : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws DifferentPrograms.
void require_one_program(std::span<const TapeReader> base, std::span<const TapeReader> now);

// At least one tape on each side. Throws DifferentPrograms, NoSuchInstant and TapeError.
DiffReport diff(std::span<const TapeReader> base, std::span<const TapeReader> now, const DiffOptions& options);
// Of runs that were read already, as the options say: these are asked for no more than the cost and for words.
DiffReport diff(std::span<RunFigures* const> base, std::span<RunFigures* const> now, const DiffOptions& options);

}  // namespace heaptape
