// What a tape knows beside its events: definitions, totals, the ledger. Plain structs shared by the
// writer, the reader and the analyzer; FORMAT.md says how they are stored.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "format/event.h"

namespace heaptape {

inline constexpr std::uint16_t kFormatMajor = 1;
inline constexpr std::uint16_t kFormatMinor = 1;

// One node of the tree of frames. `address` is the look-up address: the return address less one, or
// the pc itself for an interrupted frame; absolute, in the recorded process.
struct Frame {
  StackId parent = kEmptyStack;  // the caller
  std::uint64_t address = 0;
  ModuleId module = kNoModule;
  bool in_program = false;       // this frame or a caller of it belongs to layer `program`
  bool truncated = false;        // the walk ended here before the outermost frame (set on outermost nodes)
  bool gap = false;              // `parent` is not the caller: frames between the two were left out
};

struct Module {
  std::string path;
  std::string build_id;          // lower-case hex, empty if the file has none
  std::uint64_t bias = 0;        // address in the process = address in the file's segments + bias
  std::uint64_t begin = 0;       // mapped range [begin, end) in the process
  std::uint64_t end = 0;
  bool is_executable = false;    // the program itself
  bool is_system = false;        // under /lib, /lib64, /usr/lib or /usr/lib64
};

struct Thread {
  std::uint32_t tid = 0;
  std::string name;              // as last seen; empty if the thread was gone before anyone looked
};

struct Variable {
  std::string name, type, file;
  std::uint32_t line = 0;
};

struct RssSample {
  std::uint64_t time_ns = 0;
  std::uint64_t bytes = 0;
};

// What a tape may be rid of before it is given away.
enum Strip : std::uint8_t {
  kStripAddresses = 1,  // of blocks, and of where modules were loaded
  kStripPaths = 2,      // folders of programs, libraries and sources
  kStripArguments = 4,  // of the command line
  kStripVariables = 8,  // names and types of tracked variables
  kStripHost = 16,      // the machine's name and kernel
  kStripToSites = 32,   // callers of sites, and when live blocks were born (`pack --keep sites`)
};

// Known when recording starts.
struct Meta {
  std::string program;                 // resolved path of the executable
  std::vector<std::string> arguments;  // argv, program name first
  std::string host;                    // node name and kernel release
  std::string recorder;                // "heaptape 0.1.0"
  std::uint64_t started_unix_ns = 0;
  std::uint32_t pid = 0;               // as the recorded process's own pid namespace's parent sees it
  std::uint32_t parent_pid = 0;
  std::uint32_t image = 0;             // n-th program image of that pid, from 0
  std::uint32_t clock_step_ns = 0;     // event times are multiples of it; their order is exact
  bool forked = false;                 // born by fork: releases that match no birth are inherited
  bool own_malloc = false;             // the program brings its own malloc: its allocations were not seen
  std::uint64_t session = 0;           // drawn at random, the same in all tapes of one session; 0: not known
  std::uint32_t number = 0;            // n-th tape of the session, from 1
  std::uint32_t parent = 0;            // number of the tape it came out of: of its process, or its parent; 0: not known
  // What was asked for (since 1.1).
  std::uint64_t min_size = 0;          // smaller blocks were left out
  std::uint64_t sample_bytes = 0;      // mean bytes between two sampled ones, to begin with; 0: every block
  Layer record_layer = Layer::all;     // births outside it were left out
  std::uint8_t unwind = 0;             // how stacks were walked: 0 by unwind tables, 1 by frame pointers, 2 not at all
  std::uint32_t depth = 512;           // frames kept of a stack, to begin with
  std::uint64_t max_tape = 0;          // limit of the tape's bytes; 0: none
  std::uint8_t stripped = 0;           // what `pack --strip` took away: Strip
  // Whether births were left out from the first one on.
  friend bool operator==(const Meta&, const Meta&) = default;
  bool is_filtered() const { return min_size != 0 || sample_bytes != 0 || record_layer != Layer::all; }
};

// How the recorded process ended. `unknown`: the tape has no end (cut, or still growing). `gone`: it ended,
// but its status was for another process to know.
enum class EndKind : std::uint8_t { unknown = 0, exited, signaled, execed, gone };
struct Ending {
  EndKind kind = EndKind::unknown;
  std::int32_t status = 0;             // exit status or signal number
  std::uint64_t duration_ns = 0;
};

// Why a figure may be less than the whole truth, or what was left out on purpose. Each is a count.
enum class Loss : std::uint8_t {
  dropped_events = 0,   // the mapping was full, or no lane was to be had
  torn_events,          // half-written when the process died
  lost_stacks,          // events whose stack could not be kept: no id or no room for it
  truncated_stacks,     // distinct stacks cut before their outermost frame
  unmatched_frees,      // releases of blocks that no event had born
  overlapping_births,   // births at an address that was still live
  cut_variables,        // ownership reads that stopped at their limit
  unwritten_events,     // recorded, but the tape could not be written (disk full)
  unrecorded_images,    // program images that found no mapping
  earlier_frees,        // releases of blocks born before recording started or while it was paused: not a loss
  inherited_frees,      // releases of blocks born in the parent before a fork: not a loss
  // What was left out because it was asked for, or as a stated limit came near: no loss, but said.
  small_births,         // births of less than --min-size
  other_layer_births,   // births outside --record-layer
  unsampled_births,     // births that --sample passed over
  left_out_frees,       // releases of blocks whose birth was left out
  rate_changes,         // times the sampling interval was raised
  depth_changes,        // times the depth of stacks was lowered
  unaccounted_births,   // births beyond --max-live: in the tape, but not in the index's live figures
  aggregated_events,    // events that left the tape for its opening aggregate (--keep)
  ignored_images,       // program images that --children or --process left out
};
inline constexpr int kLosses = 20;
// Stable name for JSON and text: "dropped_events".
const char* name_of(Loss loss);
// Whether a count above zero makes totals inexact.
bool is_damage(Loss loss);
struct Ledger {
  std::array<std::uint64_t, kLosses> counts{};
  std::uint64_t& operator[](Loss loss) { return counts[static_cast<std::size_t>(loss)]; }
  std::uint64_t operator[](Loss loss) const { return counts[static_cast<std::size_t>(loss)]; }
  bool lossy() const;  // some damage is counted
  friend bool operator==(const Ledger&, const Ledger&) = default;
};

// How calls of the hooks became events, counted on both sides of the lanes. What is missing between two figures was
// under way when its process died, or the ledger says why.
struct CallCounts {
  std::uint64_t called = 0;    // that were to be recorded, counted in the program: allocations, frees, failed reallocs
  std::uint64_t dropped = 0;   // of which found no place in a lane
  std::uint64_t read = 0;      // that the drain has read from lanes
  std::uint64_t left_out = 0;  // of which it kept off the tape: --record-layer, a sparser sample, a pause
  friend bool operator==(const CallCounts&, const CallCounts&) = default;
};

// Figures of one layer up to some event. Bytes as requested.
struct Totals {
  std::uint64_t allocations = 0, frees = 0;
  std::uint64_t allocated_bytes = 0, freed_bytes = 0;
  std::uint64_t temporary = 0;   // freed by the own thread with no other allocation of it between
  std::uint64_t live_bytes = 0, live_blocks = 0;
  std::uint64_t peak_bytes = 0, peak_blocks = 0;  // blocks at the first moment of peak_bytes
  std::uint64_t peak_time_ns = 0;
  std::uint64_t peak_event = 0;  // number of events up to and with the one that made the peak; 0: none
  friend bool operator==(const Totals&, const Totals&) = default;
};

// The two layers that the recorder can tell; `user` takes a replay.
struct LayerTotals {
  Totals program, all;
  const Totals& of(Layer layer) const { return layer == Layer::program ? program : all; }
  friend bool operator==(const LayerTotals&, const LayerTotals&) = default;
};

}  // namespace heaptape
