// Writes a tape: definitions first, then the events that use them, block by block, the index last.
//
// One thread. Bounded: at most one unsealed block of events and its definitions are held. Lives in
// the drain, never under malloc. I/O errors never throw: see `error()`.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "format/tape.h"

namespace heaptape {

struct WriterOptions {
  int zstd_level = 1;
  std::uint32_t events_per_block = 65536;
  bool overwrite = false;  // replace an existing file
  std::uint64_t max_bytes = 0;  // of the whole file, index included; 0: no limit. What finds no room is not written
};

class TapeWriter {
 public:
  // Creates the file (O_EXCL unless `overwrite`, mode 0666 less umask) and writes header and meta.
  // Throws std::system_error if it can't be created or written.
  TapeWriter(const std::string& path, const Meta& meta, const WriterOptions& options = {});
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
  // Writes what is held as blocks now. Afterwards everything appended so far is in the file.
  void seal();
  // Seals, then writes the index: the tape is whole. `ledger` is added to the writer's own counts.
  void finish(const Ending& ending, const Ledger& ledger);

  bool is_live(std::uint64_t address) const;  // a block of the events appended so far
  std::uint64_t events() const;         // appended so far
  std::uint32_t unsealed_events() const;  // of which not yet in the file
  std::uint64_t bytes() const;          // in the file
  // Bytes that blocks may still take below `max_bytes`, the index and what is not yet sealed apart; a lot without one.
  std::uint64_t room() const;
  const LayerTotals& totals() const;
  const Ledger& ledger() const;         // the writer's own counts
  // Empty, or why writing stopped ("No space left on device"). After an error events are still
  // counted (Loss::unwritten_events), and the file ends with its last whole block.
  const std::string& error() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace heaptape
