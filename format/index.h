// The last block of a whole tape: where everything is, and what the events add up to.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/accounting.h"
#include "format/block.h"
#include "format/estimate.h"
#include "format/reader.h"
#include "format/tape.h"

namespace flatbuffers {
class FlatBufferBuilder;
}

namespace heaptape {

struct TapeIndex {
  Meta meta;  // again, should its own block be lost
  Ending ending;
  Ledger ledger;
  bool recompute = false;               // frees, live figures and peaks of `blocks` are not right: only the events tell
  std::uint64_t aggregated_events = 0;  // that left the tape: the number of its first event
  std::vector<BlockEntry> blocks;       // of events, in order
  std::vector<StoredBlock> others;      // all other blocks, in order, the index itself apart
  std::optional<Estimates> estimates;
  // How many the definitions have; kUncounted: only they tell (before 1.1, or without an index).
  static constexpr std::uint32_t kUncounted = UINT32_MAX;
  std::uint32_t threads = kUncounted;  // of the program
  std::uint32_t variables = kUncounted;
  std::optional<CallCounts> calls;  // empty: nobody counted them, or the events are not all of theirs
};

// Takes a block's events, at least one, into the figures, and answers what an index says of it. `in_program`: by stack.
template <typename InProgram>
BlockEntry take_block(Accounting& accounting, const StoredBlock& block, std::uint64_t first_event,
                      std::span<const Event> events, const InProgram& in_program) {
  for (const Event& event : events) accounting.take(event, in_program(event.stack));
  const Accounting::Maxima maxima = accounting.take_maxima();
  return {block.offset,
          block.stored_bytes,
          block.raw_bytes,
          first_event,
          static_cast<std::uint32_t>(events.size()),
          events.front().time_ns,
          events.back().time_ns,
          accounting.totals(),
          maxima.program,
          maxima.all};
}

void encode_index(flatbuffers::FlatBufferBuilder& builder, const TapeIndex& index);
// `end`: offset of the index block. Null if the index is malformed or places a block outside [begin, end).
std::optional<TapeIndex> decode_index(Bytes raw, std::uint64_t begin, std::uint64_t end, std::string_view& reason);

}  // namespace heaptape
