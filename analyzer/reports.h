// What the analyzer answers: plain structs that text, JSON and pictures are views of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/large_memory.h"
#include "format/reader.h"
#include "format/tape.h"

namespace heaptape {

// What a site or a stack is measured by. Bytes, but `count` and `temporary`, which are blocks.
enum class Cost : std::uint8_t {
  peak = 0,   // bytes live at the first moment of the layer's peak
  allocated,  // bytes allocated in all
  count,      // allocations
  temporary,  // allocations freed by their own thread with no other allocation of it between
  leaked,     // bytes live at the end, the runtime's residue apart
  live,       // bytes live at the instant that was chosen; not to be asked for without one
};
inline constexpr int kCosts = 5;  // without `live`
const char* name_of(Cost cost);
bool is_bytes(Cost cost);
const char* name_of(Layer layer);

// One figure per cost, of a site, a node of a tree or a whole tape.
struct Costs {
  std::uint64_t peak = 0, allocated = 0, count = 0, temporary = 0, leaked = 0, live = 0;
  std::uint64_t peak_blocks = 0, leaked_blocks = 0, live_blocks = 0;
  std::uint64_t of(Cost cost) const;
  std::uint64_t blocks_of(Cost cost) const;  // the blocks behind it
  Costs& operator+=(const Costs& other);
};
// By StackId. A tree of calls has many more nodes than stacks: those that cost nothing take no memory of their own.
using CostsByStack = LargeVector<Costs>;

// Both inclusive.
struct Bounds {
  std::uint64_t least = 0, most = UINT64_MAX;
  bool holds(std::uint64_t value) const { return value >= least && value <= most; }
  bool is_open() const { return least == 0 && most == UINT64_MAX; }
};

// What a report was narrowed down to, beside its layer. In a range figures are of what was allocated in it, `leaked` is
// what of that was live at its end, and peak and curve are those of all chosen blocks, older ones too.
struct SelectionReport {
  struct Place {
    std::string word;           // as it was asked for: "peak", "end", "mark:load#2"; empty: by its time
    std::uint64_t time_ns = 0;  // where that is
    std::uint64_t event = 0;    // how many events lie before it
  };
  std::optional<Place> at, from, to;
  std::vector<std::string> threads, modules, functions, files;  // patterns
  Bounds size, lifetime_ns;
  // The end of a run in which nothing happens, left out of a time axis: see Selection::without_quiet_end().
  struct QuietEnd {
    std::uint64_t from_ns = 0, to_ns = 0;  // from the last event to where the run ended
    std::uint64_t rss = 0;                 // the largest sample in what is left out; 0: there is none
  };
  std::optional<QuietEnd> quiet_end;
  bool has_range() const { return at || from || to; }
  bool has_filter() const {
    return !threads.empty() || !modules.empty() || !functions.empty() || !files.empty() || !size.is_open() ||
           !lifetime_ns.is_open();
  }
  bool is_whole() const { return !has_range() && !has_filter(); }
};

// A resolved frame. An address with inlined calls gives several, innermost first.
struct Location {
  std::string function;  // demangled; "0x7f…" where there is no symbol
  std::string file;      // as in the debug information; empty if unknown
  std::uint32_t line = 0;
  std::string module;  // path of the executable or library; empty if unknown
  bool inlined = false;
  bool runtime = false;  // allocator, C++ runtime or std::, which a site is never in
};

// A sentence on something lost, filtered or cut that the figures beside it depend on.
struct Caveat {
  std::string reason;  // key of the ledger, or "cut", "damaged", "no_end", "symbols",
                       // "addresses"
  std::uint64_t count = 0;
  std::string sentence;
};

struct Peak {
  std::uint64_t bytes = 0, blocks = 0, time_ns = 0, event = 0;
  friend bool operator==(const Peak&, const Peak&) = default;
};

// Where births were sampled, figures are estimates. The true ones lie within these of them, 95 times of 100.
struct Margins {
  std::uint64_t allocations = 0, frees = 0, allocated_bytes = 0, temporary = 0;
  std::uint64_t live_bytes = 0, live_blocks = 0, peak_bytes = 0, peak_blocks = 0;
  std::uint64_t of(Cost cost) const;
};

struct SiteShare {
  std::string label;  // a site's label, and its detail in brackets
  std::uint64_t bytes = 0, blocks = 0;
};

// The live-bytes curve in at most `samples` steps: what a picture or a sparkline needs.
struct TimelineReport {
  struct Step {
    std::uint64_t begin_ns = 0;                 // a step lasts until the next one begins, or `duration_ns`
    std::uint64_t low = 0, high = 0, last = 0;  // live bytes inside the step
  };
  struct Mark {
    std::uint64_t time_ns = 0;
    std::string name;
    std::string thread;
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program;            // base name
  std::string command;            // the command line, for a subtitle
  std::uint64_t begin_ns = 0;     // where the curve begins: 0, but in a range
  std::uint64_t duration_ns = 0;  // to where it ends, from the start of recording
  Peak peak;
  std::vector<Step> steps;  // `high` of one of them is peak.bytes, exactly
  std::vector<RssSample> rss;
  std::vector<Mark> marks;
  std::vector<SiteShare> peak_sites;  // largest first, at most a dozen
  // What the curve is made of, if that was asked for: the groups with the largest areas, largest first. All others
  // together are what `high` of a step leaves.
  struct Band {
    std::string label;
    std::vector<std::uint64_t> levels;  // of each step, when that was at its highest
    std::uint64_t at_peak = 0;
  };
  std::vector<Band> bands;
  std::string banded_by;  // "site" or "module"; empty: not asked for
  // A thread's births and releases, of every layer, as they were recorded; or those of several threads.
  struct Lane {
    std::string name;       // of one thread
    std::uint32_t tid = 0;  // of one thread
    std::uint64_t threads = 0;
    std::uint64_t events = 0, first_ns = 0, last_ns = 0;
    std::vector<std::uint64_t> levels;  // events in each step
    bool is_one() const { return threads == 1 && tid != 0; }
  };
  std::vector<Lane> threads;  // the first one and those with most events, in order; none where all are of one thread
  Lane other_threads;
  std::uint64_t live_at_end = 0;
  std::optional<Margins> margins;  // empty: figures are exact
  std::vector<Caveat> caveats;
};

// A tree of calls weighed by a cost. Node 0 is the root; `total` of a node is its own share and
// that of all below it.
struct TreeReport {
  enum class Direction : std::uint8_t { callees, callers };  // from main down; from the site up
  struct Node {
    std::string label;        // function name, as people write it
    std::string detail;       // file's base name (and the line, if all of the node has one), or the module's
    bool in_program = false;  // false: a system library's
    std::uint64_t total = 0, self = 0;
    std::uint64_t blocks = 0;             // blocks behind `total` where the cost is in bytes
    std::vector<std::uint32_t> children;  // indices into nodes, largest total first
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  Cost cost = Cost::peak;
  Direction direction = Direction::callees;
  std::string program, command;
  Peak peak;
  std::uint64_t total = 0;
  std::vector<Node> nodes;         // never empty: the root is there for an empty tape too
  std::optional<Margins> margins;  // empty: figures are exact
  std::vector<Caveat> caveats;
};

// One scope of a variable marked with HEAPTAPE_TRACK, and the blocks that it was the first to claim.
struct VariableReport {
  std::string name, type, file;
  std::uint32_t line = 0;
  std::uint64_t address = 0, size = 0;  // of the variable itself
  std::uint32_t scope = 0;
  std::string thread;
  std::uint64_t begin_ns = 0;
  std::optional<std::uint64_t> end_ns;             // empty: still in scope when the tape ended
  std::uint64_t blocks = 0, bytes = 0;             // ever owned
  std::uint64_t held_blocks = 0, held_bytes = 0;   // of these, reached by the last read
  std::uint64_t use_count = 0, max_use_count = 0;  // at the last read, ever; 0: sole owner by type
};

// Which process a tape is of, and where that came from.
struct Origin {
  std::uint64_t session = 0;             // 0: a tape of format 1.0, which does not say
  std::uint32_t number = 0, parent = 0;  // of the tape and of the one that it came out of, in the session; 0: not known
  std::uint32_t pid = 0, parent_pid = 0;
  std::uint32_t image = 0;  // n-th program image of that pid, from 0
  bool forked = false;      // begins as a copy of its parent
  std::uint64_t started_unix_ns = 0;
  std::string host;
};

struct SummaryReport {
  std::string path;
  Origin origin;
  Layer layer = Layer::program;
  std::string program, command;
  Condition condition = Condition::whole;
  Ending ending;
  std::uint64_t duration_ns = 0;
  Totals totals;  // of `layer`
  LayerTotals layers;
  std::optional<Totals> user;             // where the tape has tracked variables
  std::uint64_t threads = 0;              // that have an event
  std::uint64_t rss_peak = 0;             // 0: never sampled
  std::vector<VariableReport> variables;  // in order of scope
  Ledger ledger;
  std::optional<Margins> margins;       // of `totals`; empty: figures are exact
  std::optional<LayerTotals> recorded;  // of the recorded blocks alone, where figures are estimates
  std::string filters;                  // "--min-size 64 --sample 524288": what recording left out
  std::vector<Caveat> caveats;
};

// Every site of a layer, largest by `cost` first.
struct TopReport {
  struct Site {
    std::string label;   // function name, as people write it
    std::string detail;  // file's base name and line, or the module's base name; empty if the label has it
    Location place;      // the whole of it
    Costs costs;
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  Cost cost = Cost::peak;
  std::string program, command;
  Peak peak;
  Costs total;  // of all sites
  std::vector<Site> sites;
  std::optional<Margins> margins;  // empty: figures are exact
  std::vector<Caveat> caveats;
};

// The highest instant and who was live then, and the next highest instants with a valley between.
struct PeaksReport {
  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program, command;
  std::uint64_t duration_ns = 0;
  Peak peak;
  std::vector<SiteShare> sites;    // live at the peak, largest first
  std::vector<Peak> others;        // highest first
  std::optional<Margins> margins;  // empty: figures are exact
  std::vector<Caveat> caveats;
};

// How the live bytes of a site went over time.
enum class Growth : std::uint8_t {
  unclear,  // none of these, or too short to tell
  steady,   // more and more, up to the end
  one_off,  // at once
  plateau,  // grew, and then no more: as a cache does
};
const char* name_of(Growth growth);

// What was live at the end, by site, each with its stacks.
struct LeaksReport {
  struct Suppressed {
    std::string pattern;
    std::uint64_t bytes = 0, blocks = 0;
  };
  struct Stack {
    std::vector<Location> frames;  // innermost first, up to main
    std::uint64_t bytes = 0, blocks = 0;
  };
  struct Group {
    std::string label, detail;  // of the site, as in TopReport
    Location place;
    std::uint64_t bytes = 0, blocks = 0;
    std::vector<Stack> stacks;  // largest first
    Growth growth = Growth::unclear;
    std::vector<std::uint64_t> levels;  // the site's live bytes at the end of each of 32 equal steps of time, or none
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program, command;
  Ending ending;
  bool ended = false;  // by itself: else blocks are called live, not leaked
  std::uint64_t bytes = 0, blocks = 0;
  std::uint64_t residue_bytes = 0, residue_blocks = 0;  // the runtime's own, not in `bytes`
  std::vector<Group> groups, residue;                   // largest first
  std::vector<Suppressed> suppressed;                   // not in `bytes`; by pattern, those that met something
  std::uint64_t suppressed_bytes = 0, suppressed_blocks = 0;
  // Where the levels begin: where the part does, or the tape's events. Empty: there are none, as these have no event.
  std::optional<std::uint64_t> growth_from_ns;
  bool exact = false;              // the tape reaches to the end of the run, every block is on it, and nothing is lost
  std::optional<Margins> margins;  // empty: figures are exact
  std::vector<Caveat> caveats;
};

// How long blocks live, by site or by thread. Quantiles are of released blocks, by count, and off by at most a 32nd.
struct LifetimesReport {
  enum class By : std::uint8_t { site, thread };
  struct ByThread {
    std::string name;
    std::uint32_t tid = 0;
  };
  struct FreedBy {
    ByThread thread;
    std::uint64_t blocks = 0;
  };
  struct Quantile {
    std::uint64_t p50 = 0, p90 = 0, p99 = 0, longest = 0;
  };
  struct Figures {
    std::uint64_t count = 0, live = 0, temporary = 0;  // chosen; of these still live at the end, temporary
    Quantile lifetime_ns;
    Quantile distance;           // allocations between birth and release, of any thread
    double byte_seconds = 0;     // bytes times the time that they were live
    std::uint64_t outlived = 0;  // released, or still live, when the thread that allocated them had had its last event
    std::uint64_t freed_elsewhere = 0;  // released by another thread than had allocated them
    std::vector<FreedBy> freed_by;      // these, most first
    std::uint64_t freed_by_others = 0;  // by threads that are not in the list
  };
  struct Group {
    std::string label, detail;  // of the site, as in TopReport; of a thread its name and tid
    Location place;             // of a site
    ByThread thread;            // of a thread
    Figures figures;
  };
  // What makes temporary blocks: a site and its first caller that is no runtime function.
  struct Loop {
    Location site, caller;
    std::uint64_t temporary = 0;
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  By by = By::site;
  std::string program, command;
  std::uint64_t clock_step_ns = 1;  // lifetimes are multiples of it
  Figures total;
  std::vector<Group> groups;       // most byte-seconds first
  std::vector<Loop> loops;         // most first
  std::optional<Margins> margins;  // of counts; empty: figures are exact
  std::vector<Caveat> caveats;
};

// What a tape is, before what it tells.
struct InfoReport {
  struct Blocks {
    BlockKind kind{};
    TapeReader::Storage storage;
  };
  std::string path;
  std::uint64_t file_bytes = 0;
  std::uint16_t format_minor = 0;
  Condition condition = Condition::whole;
  Meta meta;
  std::string command;  // quoted as for a shell
  std::string filters;  // options that left something out
  Ending ending;
  std::uint64_t duration_ns = 0;
  std::uint64_t events = 0;    // on the tape; those in its aggregate are in the ledger
  std::vector<Blocks> blocks;  // of kinds that it has
  std::uint64_t frames = 0, modules = 0, threads = 0, texts = 0, variables = 0, rss_samples = 0;
  Ledger ledger;
  std::vector<Damage> damage;
};
const char* name_of(BlockKind kind);

}  // namespace heaptape
