// Writes a tape: definitions first, then the events that use them, block by block, the index last.
//
// One thread. Bounded: at most one unsealed block of events and its definitions are held. Lives in
// the drain, never under malloc. I/O errors never throw: see `error()`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/opening.h"
#include "format/symbol_table.h"
#include "format/tape.h"

namespace heaptape {

class TapeContents;

struct WriterOptions {
  int zstd_level = 1;
  std::uint32_t events_per_block = 65536;
  bool overwrite = false;        // replace an existing file
  std::uint64_t max_live = 0;    // blocks in the table of live ones; 0: no limit. Beyond it the index says "recompute"
  std::uint64_t max_bytes = 0;   // of the file, its index included; 0: no limit. What finds no room is not written
  std::uint64_t keep_bytes = 0;  // the newest part that fits is kept, older events leave for an aggregate; 0: all is
  std::function<void()> progressed = [] {};  // called before each block that is written, or written anew for that
};

class TapeWriter {
 public:
  // Creates the file (O_EXCL unless `overwrite`, mode 0666 less umask) and writes header and meta.
  // Throws std::system_error if it can't be created or written.
  TapeWriter(const std::string& path, const Meta& meta, const WriterOptions& options = {});
  // Goes on with a cut tape: writes its whole blocks to `path` and takes up its ids, figures and time. Throws like the
  // above, and TapeError if the cut tape has changed meanwhile.
  TapeWriter(const std::string& path, const TapeContents& cut, const WriterOptions& options = {.overwrite = true});
  ~TapeWriter();  // leaves a tape without an index if finish() was not called
  TapeWriter(TapeWriter&&) noexcept;
  TapeWriter& operator=(TapeWriter&&) noexcept;

  // Definitions: appended to the tape before the next block of events. Ids count up from 0
  // (frames from 1: node 0 is the root). The caller interns; equal definitions get different ids.
  ModuleId define(const Module& module);
  StackId define(const Frame& frame);
  TextId define(std::string_view text);
  VariableId define(const Variable& variable);
  ThreadId define(const Thread& thread);
  void rename(ThreadId thread, std::string_view name);  // the last name wins

  // Takes events, in the order in which they happened; seals the block when it is full. Times
  // that run back are raised to the last one's. Keeps totals, live table and peak, and counts
  // unmatched frees and overlapping births in the ledger. Many at once are taken faster than one by one; they become
  // what the tape says of them.
  void append(std::span<Event> events);
  void append(Event event) { append({&event, 1}); }
  void sample_rss(RssSample sample);
  // Before the first event: the tape begins with what the opening says. All that it names has been defined.
  void open(const Opening& opening);
  // Behind all definitions of modules.
  void add_symbols(const SymbolTable& symbols);
  // Of the calls that the events came from: the index bears them.
  void set_calls(const CallCounts& calls);
  // Called right before a block of events goes to the file, with the number of events that the tape then has.
  void before_each_block(std::function<void(std::uint64_t events)> call);
  // Writes what is held as blocks now. Afterwards everything appended so far is in the file.
  void seal();
  // Seals, then writes the index: the tape is whole. `ledger` is added to the writer's own counts.
  void finish(const Ending& ending, const Ledger& ledger);

  // What makes of the first bytes() of the file a whole tape of all that is sealed: an index and a trailer. Empty:
  // there are too many blocks for an index. `ledger` as in finish().
  std::vector<std::uint8_t> ending_so_far(const Ending& ending, const Ledger& ledger);

  std::uint64_t events() const;           // appended so far
  std::uint32_t unsealed_events() const;  // of which not yet in the file
  std::uint32_t room() const;             // events that the block still takes
  std::uint64_t bytes() const;            // in the file
  std::uint64_t time_ns() const;          // of the last event
  std::uint64_t interval() const;         // mean bytes between two sampled births; 0: every birth is there
  // Bytes that blocks may still take below `max_bytes`: the index and what is not sealed yet are not in it. A lot
  // without a limit.
  std::uint64_t bytes_left() const;
  bool is_full() const;  // a block has found no room; what came after it was not written either
  // Whether a release at this address would find its birth among the events.
  enum class Lives { no, yes, unknown };
  Lives lives(std::uint64_t address) const;
  const LayerTotals& totals() const;
  const Ledger& ledger() const;  // the writer's own counts
  // Empty, or why writing stopped ("No space left on device"). After an error events are still
  // counted (Loss::unwritten_events), and the file ends with its last whole block.
  const std::string& error() const;
  int error_number() const;  // 0, or the same as errno has it

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace heaptape
