// The journal: what of a mapping is in the tapes, in a file beside the mapping that only the drain writes.
//
// When the drain is killed, the tapes end with some whole block, and the mapping holds some events that are in that
// block or an earlier one, and some that are in none. The journal tells them apart. A state is written *before* the
// block that makes it true, and bears the number of events that the tape then has; the one before it stays beside it.
// So whether or not the block came to be whole, one of the two is the tape's, and the tape says which.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>

#include "recorder/mapping.h"

namespace heaptape {

inline constexpr std::uint64_t kJournalMagic = 0x326c616e72756f6a;  // "journal2"
inline constexpr char kJournalSuffix[] = ".journal";

// Slots of a chunk whose records have gone into the tape.
using SlotSet = std::bitset<kSlotsPerChunk>;
using SlotWords = std::array<std::uint64_t, 16>;
static_assert(sizeof(SlotSet) == sizeof(SlotWords));

struct ChunkState {
  std::atomic<std::uint64_t> events;  // of the tape, once this is true; stored first
  std::uint32_t serial;
  std::uint32_t generation;
  SlotWords taken;
};
struct ChunkNotes {
  ChunkState states[2];
};

// Of one process: counts that its tape tells only in the end, and how far it is with its pauses.
struct ProcessCounts {
  std::uint64_t lost_stacks = 0, cut_variables = 0, truncated_stacks = 0;
  std::uint64_t outside_until = 0;      // stamp up to which the tape has what was done from outside; 0: it has no event
  std::uint64_t paused_by_program = 0;  // 1: by heaptape_stop()
  std::uint64_t other_layer_births = 0, unsampled_births = 0, left_out_frees = 0, rate_changes = 0;
  std::uint64_t lane_calls = 0;  // births, releases and restored that were read from lanes
  std::uint64_t late_calls = 0;  // of which came after a pause
};
struct ProcessState {
  std::atomic<std::uint64_t> events;  // as in ChunkState
  ProcessCounts counts;
};
struct ProcessNotes {
  ProcessState states[2];
};
static_assert(sizeof(ProcessNotes) == 192);

// What the ids mean that records bear and the tape does not know, and what was done from outside: appended as it is
// found out.
struct LogEntry {
  enum class Kind : std::uint32_t {
    none = 0,
    tape,     // key 0, value: bytes of what follows, a TapeNote and the path; rounded up to whole entries
    thread,   // lane → ThreadId
    stack,    // id in the mapping → StackId
    module,   // ModuleId: seen at epoch `value`
    outside,  // key: EventKind, value: bytes of what follows, an OutsideNote and a mark's name; rounded up as above
    told,  // key: id in the mapping, of a stack that no event of the tape has met yet, value: bytes of what follows, a
           // ToldNote and the look-up addresses; rounded up as above
  };
  Kind kind;
  std::uint32_t serial, key, value;
};
static_assert(sizeof(LogEntry) == 16);
struct TapeNote {
  std::uint64_t started_ns;  // CLOCK_MONOTONIC
};

struct OutsideNote {
  std::uint64_t stamp;
};
struct ToldNote {
  std::uint64_t cut;  // as pack_cut()
  std::uint32_t epoch;
};

struct JournalHeader {
  std::uint64_t magic;
  std::uint64_t first_stamp, first_ns;         // the clock's first pair
  std::atomic<std::uint64_t> log_bytes;        // whole entries only
  std::uint32_t chunk_capacity;                // bounds the notes of chunks
  std::atomic<std::uint32_t> chunks_ready;     // of the mapping
  std::atomic<std::uint32_t> processes_ready;  // the same
  std::atomic<std::uint32_t> broken;           // 1: something could not be noted; nothing here holds from then on
};
inline constexpr std::size_t kJournalHeaderBytes = 4096;
static_assert(sizeof(JournalHeader) <= kJournalHeaderBytes);

// 2²⁰ stacks take a quarter of it, and the rest three million threads. With --max-tape half a million stacks fill it.
inline constexpr std::size_t kMaxLogBytes = std::size_t{64} << 20;
inline constexpr std::size_t kLogOffset = kJournalHeaderBytes;
inline constexpr std::size_t kProcessNotesOffset = kLogOffset + kMaxLogBytes;
inline constexpr std::size_t kChunkNotesOffset = kProcessNotesOffset + kMaxProcesses * sizeof(ProcessNotes);
constexpr std::size_t journal_bytes(std::uint32_t chunk_capacity) noexcept {
  return kChunkNotesOffset + std::size_t{chunk_capacity} * sizeof(ChunkNotes);
}

}  // namespace heaptape
