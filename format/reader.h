// Reads a tape that anyone may have made: maps the file, checks every block before use, gives
// definitions at once and events block by block.
//
// A tape is untrusted input: declared sizes are capped before anything is allocated, checksums and
// ids are checked, damage is reported, never followed. A const TapeReader may be read by several threads.
//
// Where there is an index, opening takes what the index says, and the checksums of all blocks but those of events.
// Definitions are read when they are first asked for: what is wrong inside them is damage from then on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "format/decoded_block.h"
#include "format/definitions.h"
#include "format/estimate.h"
#include "format/opening.h"
#include "format/symbol_table.h"
#include "format/tape.h"

namespace heaptape {

// The file can't be used as a tape at all. what() is one sentence for people: what is wrong and what to do.
class TapeError : public std::runtime_error {
 public:
  enum class Reason { missing, unreadable, empty, not_a_tape, newer_version, damaged };
  TapeError(Reason why, const std::string& sentence, std::uint64_t at = 0)
      : std::runtime_error(sentence), reason(why), offset(at) {}
  Reason reason;
  std::uint64_t offset;  // of the first byte that is wrong
};

// `cut`: no index at the end (killed, full disk, still growing); every whole block is read.
// `damaged`: some block fails its checks; it is left out and listed.
enum class Condition { whole, cut, damaged };

struct Damage {
  std::uint64_t offset = 0;  // of the block in the file
  std::string reason;
};

// One block of events, as the index lists it. Carry-over: a block decodes alone.
struct BlockEntry {
  std::uint64_t offset = 0;
  std::uint32_t stored_bytes = 0, raw_bytes = 0;
  std::uint64_t first_event = 0;  // number of its first event in the tape, from 0
  std::uint32_t events = 0;
  std::uint64_t begin_ns = 0, end_ns = 0;
  LayerTotals at_end;                                      // running totals after the block
  std::uint64_t program_max_bytes = 0, all_max_bytes = 0;  // largest live bytes inside the block
};

class TapeReader {
 public:
  // Is told how many blocks of events a reading has behind it, of how many.
  using Watch = std::function<void(std::uint64_t done, std::uint64_t all)>;
  // Throws TapeError. `watch` is called by whoever reads events block by block, on its thread.
  explicit TapeReader(const std::string& path, Watch watch = {});
  ~TapeReader();
  TapeReader(TapeReader&&) noexcept;
  TapeReader& operator=(TapeReader&&) noexcept;

  const std::string& path() const;
  // Says where a reading of the events block by block is: `done` of `all` are behind it.
  void tell_watch(std::uint64_t done, std::uint64_t all) const;
  std::uint64_t file_bytes() const;
  std::uint16_t format_minor() const;  // of version 1.x
  // What the blocks of a kind take. The index does not count itself.
  struct Storage {
    std::uint64_t blocks = 0;
    std::uint64_t stored_bytes = 0;  // in the file, headers included
    std::uint64_t raw_bytes = 0;     // when decompressed
  };
  Storage storage(BlockKind kind) const;
  Condition condition() const;
  const std::vector<Damage>& damage() const;

  const Meta& meta() const;
  const Ending& ending() const;
  const Ledger& ledger() const;
  // From the index; for a tape without one, from a scan of all events on opening.
  const LayerTotals& totals() const;
  // Where births were sampled: what they say of the whole. The totals are those of the recorded blocks alone.
  const std::optional<Estimates>& estimates() const;
  // Empty where nobody counted them: before 1.1, of a part of a tape, or without an index.
  const std::optional<CallCounts>& calls() const;
  // Of the program, that have an event; tracked variables. From the index alone where it has them.
  std::uint32_t thread_count() const;
  std::uint32_t variable_count() const;
  std::uint64_t events() const;
  const std::vector<BlockEntry>& blocks() const;

  // What the events stand on that the tape has no more; `events` 0: it has all.
  const Opening& opening() const;

  // Definitions. All ids inside them are checked. frames()[0] is the root.
  const std::vector<Frame>& frames() const;
  const std::vector<Module>& modules() const;
  const std::vector<Thread>& threads() const;
  const std::vector<std::string>& texts() const;
  const std::vector<Variable>& variables() const;
  const std::vector<RssSample>& rss() const;
  const SymbolTable& symbols() const;  // empty, but on a packed tape

  // Decodes block `index`. All ids in its events are valid indices.
  // False: the block is damaged (and listed in damage() if it was found on opening); it has no events then.
  [[nodiscard]] bool decode(std::size_t index, DecodedBlock& block) const;
  // For who unpacks it on his own (event_unpacker.h): the FlatBuffer of block `index`, not yet looked into. False: as
  // above.
  [[nodiscard]] bool unwrap(std::size_t index, RawBlock& raw) const;
  const Definitions& definitions() const;
  // Every event in order, in runs of one block.
  void for_each(const std::function<void(std::span<const Event>)>& take) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace heaptape
