// The shared memory between a recorded program and the drain: its layout, nothing else.
//
// The drain makes everything here ahead of need, as files of mode 0600 in the session's folder:
//   directory    one SessionDirectory: where a starting program image claims a mapping
//   0, 1, 2 …    mappings, one per program image: MappingHeader, stack table, chunks
// What finds no room there is a memfd of the drain's instead, sealed against shrinking.
// The program only fills what the drain has published. The drain treats all of it as hostile: each
// word is read once and checked before use.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "format/event.h"

namespace heaptape {

// Environment.
inline constexpr char kSessionVariable[] = "HEAPTAPE_SESSION";  // which session to join
inline constexpr char kOutputVariable[] = "HEAPTAPE_OUTPUT";    // without a session: start a drain that writes here
inline constexpr char kOptionsVariable[] = "HEAPTAPE_OPTIONS";  // its options, as of `heaptape record`
inline constexpr char kDrainVariable[] = "HEAPTAPE_DRAIN";      // the command that is it
inline constexpr std::uint64_t kDirectoryMagic = 0x3279726f74636964;  // "dictory2"
inline constexpr std::uint64_t kMappingMagic = 0x32676e697070616d;    // "mapping2"

// ---- Slots: what lanes are made of --------------------------------------------------------------

// Kinds of a slot. The first ones are EventKind + 1; the rest is between the recorder and the drain.
enum class SlotKind : std::uint8_t {
  empty = 0,
  birth = 1,
  release,
  restored,
  mark,
  scope_begin,
  scope_read,
  owns,
  scope_end,
  pause,
  resume,
  payload = 32,  // 24 bytes that belong to the nearest earlier record that asks for them
  stack,         // a new stack: commit.stack is its id; address: epoch; size: pack_cut(); payload: look-up addresses,
                 // innermost first
  module,        // a module that a frame fell into: payload ModulePayload, then the path
  thread,        // first record of a lane: size = tid
  blank,         // given up: an append that never came to its end
};

// One slot. All fields but `commit` are written first, `commit` last (release). It carries the
// chunk's generation, so that what an earlier tenant left is never taken for new.
struct Slot {
  std::atomic<std::uint64_t> commit;  // stack:32 | generation:16 | kind:8 | function:8, from the top
  std::uint64_t stamp;                // rdtscp ticks
  std::uint64_t address;
  std::uint64_t size;  // with a payload: bytes of it in the upper 32 bits for records that bear one
};
static_assert(sizeof(Slot) == 32);

struct PayloadSlot {
  std::atomic<std::uint64_t> commit;
  unsigned char bytes[24];
};
static_assert(sizeof(PayloadSlot) == sizeof(Slot));

constexpr std::uint64_t pack_commit(std::uint32_t stack, std::uint16_t generation, SlotKind kind,
                                    std::uint8_t function) noexcept {
  return std::uint64_t{stack} << 32 | std::uint64_t{generation} << 16 |
         std::uint64_t{static_cast<std::uint8_t>(kind)} << 8 | function;
}
struct Commit {
  std::uint32_t stack;
  std::uint16_t generation;
  SlotKind kind;
  std::uint8_t function;
};
constexpr Commit unpack_commit(std::uint64_t word) noexcept {
  return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint16_t>(word >> 16),
          static_cast<SlotKind>(word >> 8 & 0xff), static_cast<std::uint8_t>(word & 0xff)};
}
// What is missing of a stack: frames behind the `gap` innermost ones (0: none), and those beyond the last one.
constexpr std::uint32_t pack_cut(std::uint32_t gap, bool truncated) noexcept { return gap << 1 | (truncated ? 1 : 0); }
constexpr std::uint32_t gap_of(std::uint64_t cut) noexcept { return static_cast<std::uint32_t>(cut >> 1); }
constexpr bool is_truncated(std::uint64_t cut) noexcept { return (cut & 1) != 0; }

constexpr std::uint32_t payload_slots(std::size_t bytes) noexcept {
  return static_cast<std::uint32_t>((bytes + 23) / 24);
}

// ---- Chunks: a lane's memory, lent by the drain ---------------------------------------------------

inline constexpr std::size_t kChunkBytes = 32 * 1024;
inline constexpr std::uint32_t kSlotsPerChunk = kChunkBytes / sizeof(Slot) - 2;

// A chunk belongs to whoever's CAS put a name into `owner`. The drain frees it: new generation, then
// owner = 0. `reserved` is a hint of how far slots are given out: it may lag while an append is open.
struct Chunk {
  std::atomic<std::uint64_t> owner;  // 0: free, else (process serial + 1):32 | lane:32
  std::uint32_t sequence;            // n-th chunk of that lane, from 0; valid once `reserved` is not 0
  std::uint16_t generation;          // set by the drain while the chunk is free
  std::uint16_t unused;
  std::atomic<std::uint32_t> reserved;  // slots given out so far; set to 0 by the drain
  std::uint32_t tid;                    // of the lane's thread; valid with `sequence`
  std::uint32_t padding[10];
  Slot slots[kSlotsPerChunk];
};
static_assert(sizeof(Chunk) == kChunkBytes);

// In `owner`: the lane's thread is dead, and its successor closes the chunk.
inline constexpr std::uint64_t kClosing = std::uint64_t{1} << 31;
constexpr std::uint64_t pack_owner(std::uint32_t serial, std::uint32_t lane) noexcept {
  return (std::uint64_t{serial} + 1) << 32 | lane;
}

// ---- Stacks: hash → id -----------------------------------------------------------------------------

// An insert-only open-addressing table in levels, each four times as large as the one before; the drain
// publishes the next level when the newest is half full. The key covers process serial and epoch.
// Whoever defines a stack writes a `stack` record first, then the entry: an id that can be read here
// has its record in some lane, with an older stamp.
struct StackEntry {
  std::atomic<std::uint64_t> key;    // 0: free
  std::atomic<std::uint64_t> value;  // check:32 | id:32; 0 while its maker has not come to the end
};
inline constexpr std::uint32_t kStackLevels = 4;
constexpr std::uint32_t stack_level_entries(std::uint32_t level) noexcept { return 16384u << 2 * level; }
constexpr std::size_t stack_level_offset(std::uint32_t level) noexcept {
  return (stack_level_entries(level) - stack_level_entries(0)) / 3 * sizeof(StackEntry);
}
inline constexpr std::size_t kStackTableBytes = stack_level_offset(kStackLevels);  // 22 MiB of address space
inline constexpr std::uint32_t kMaxStackId = 1u << 20;  // MappingHeader::max_stacks is no larger
inline constexpr std::uint32_t kStackProbes = 32;

// ---- The mapping -------------------------------------------------------------------------------------

inline constexpr std::uint32_t kMaxProcesses = 65536;   // that share one mapping in its life: an image and its forks
inline constexpr std::uint32_t kFirstProcesses = 1024;  // really allocated at first; doubled as they are claimed

// One process that appends to this mapping: the program image itself (serial 0) or a forked child.
struct ProcessEntry {
  std::atomic<std::uint32_t> claimed;        // 1: what follows is valid
  std::atomic<std::uint32_t> pid;            // in the process's own pid namespace
  std::atomic<std::uint32_t> parent;         // its parent's pid
  std::atomic<std::uint32_t> parent_serial;  // its nearest ancestor that has an entry here; serial 0: itself
  std::atomic<std::uint64_t> started;        // stamp
  std::atomic<std::uint64_t> pid_namespace;  // inode of /proc/self/ns/pid; 0: not to be had
};
static_assert(sizeof(ProcessEntry) == 32);

// What a thread counts by itself.
enum class Counter : std::uint8_t {
  calls = 0,         // of the hooks, that were to be recorded: births, releases, restored
  dropped_calls,     // of which found no place in a lane
  small_births,      // left out before: smaller than --min-size
  unsampled_births,  // left out before: the sample passed over them
};
inline constexpr int kCounters = 4;

// What the program side had to leave out, by reason; only ever incremented.
struct GuestCounts {
  std::atomic<std::uint64_t> dropped_events;
  std::atomic<std::uint64_t> lost_stacks;
  std::atomic<std::uint64_t> ignored_forks;        // children that --children ignore left out
  std::atomic<std::uint64_t> lineless[kCounters];  // of threads that have no CountLine of their own
};

// How stacks are captured.
enum class UnwindMode : std::uint32_t {
  automatic = 0,   // by call frame information; by frame pointer where there is none
  frame_pointers,  // by frame pointer alone
  none,            // the hook's caller alone
};

inline constexpr std::uint32_t kMostRates = 16;  // numbers of sampling intervals
inline constexpr std::uint64_t kMostSampleBytes = std::uint64_t{1} << 44;
// In a birth's Commit::function, above the function itself: the number of its interval.
inline constexpr int kRateShift = 4;
static_assert(kFunctions <= 1 << kRateShift);

// What the drain asks of the hooks. It may change any of it while the program runs.
struct GuestControl {
  std::atomic<std::uint32_t> unwind;  // UnwindMode
  std::atomic<std::uint32_t> depth;   // frames kept of a stack, at most unwind::kMaxDepth
  std::atomic<std::uint32_t> paused;  // 1: the hooks only forward
  std::atomic<std::uint32_t> rate;    // number of the interval in force
  // Mean bytes between two sampled births, 0: all are recorded; by number. A birth bears the number that it was taken
  // at, since threads follow a new interval one after the other.
  std::atomic<std::uint64_t> intervals[kMostRates];
  std::atomic<std::uint64_t> seed;          // of the sample
  std::atomic<std::uint64_t> least_size;    // smaller blocks are left out
  std::atomic<std::uint32_t> record_layer;  // Layer; for whoever recovers, like the next one
  std::atomic<std::uint64_t> max_tape;      // bytes; 0: no limit
};

// Whether the drain wants an image that has attached. Where images are not chosen, it is `record` from the start.
enum class Verdict : std::uint32_t { open = 0, record, ignore };

// A thread's counters, a cache line each, so that counting takes no lock and outlives the thread. Taken by a CAS of
// `owner`; the drain reads and frees it when the process is gone.
struct alignas(64) CountLine {
  std::atomic<std::uint64_t> owner;  // process serial + 1; 0: free
  std::atomic<std::uint64_t> counters[kCounters];
};
inline constexpr std::uint32_t kCountLines = 1024;
inline constexpr std::size_t kCountLinesBytes = kCountLines * sizeof(CountLine);

struct MappingHeader {
  std::uint64_t magic;
  std::uint64_t bytes;  // of the whole file
  std::uint64_t chunks_offset;
  std::atomic<std::uint32_t> chunks_ready;                 // published by the drain, only grows
  std::atomic<std::uint32_t> first_free;                   // where to begin looking for a free chunk
  std::atomic<std::uint32_t> waiting;                      // threads that found no chunk
  std::atomic<std::uint32_t> freed;                        // futex: the drain has freed or added chunks
  std::atomic<std::uint32_t> stack_levels;                 // published by the drain, only grows
  std::atomic<std::uint32_t> stack_entries[kStackLevels];  // used so far
  std::atomic<std::uint32_t> next_stack;                   // next id, from 1
  std::uint32_t max_stacks;                                // ids are smaller
  std::atomic<std::uint32_t> next_lane;
  std::atomic<std::uint32_t> next_scope;
  std::atomic<std::uint64_t> flush_wanted;  // stamp of the newest heaptape_flush()
  std::atomic<std::uint64_t> flush_done;    // all events up to this stamp are in the file
  std::atomic<std::uint32_t> flushed;       // futex: flush_done has moved
  std::atomic<std::uint32_t> attached;      // 1: what follows is valid
  std::uint32_t own_malloc;                 // 1: the program's malloc is not the recorder's, nothing of it is seen
  std::atomic<std::uint32_t> verdict;       // futex: Verdict
  std::uint64_t entry;                      // AT_ENTRY: the address of _start
  char executable[4096];                    // /proc/self/exe, terminated
  std::uint32_t arguments_bytes;
  char arguments[8192];  // /proc/self/cmdline as far as it fits
  GuestCounts counts;
  GuestControl control;
  std::atomic<std::uint32_t> count_lines_used;  // from the first on, free ones among them; only grows
  std::atomic<std::uint32_t> processes;        // claimed so far; may exceed processes_ready
  std::atomic<std::uint32_t> processes_ready;  // published by the drain, only grows
};
inline constexpr std::size_t kHeaderBytes = 16 * 1024;
static_assert(sizeof(MappingHeader) <= kHeaderBytes);
constexpr std::size_t process_table_bytes(std::uint32_t entries) noexcept {
  return kHeaderBytes + entries * sizeof(ProcessEntry);
}
inline ProcessEntry& process_entry(MappingHeader& header, std::uint32_t serial) noexcept {
  return reinterpret_cast<ProcessEntry*>(reinterpret_cast<unsigned char*>(&header) + kHeaderBytes)[serial];
}
inline constexpr std::size_t kCountLinesOffset = (process_table_bytes(kMaxProcesses) + 4095) / 4096 * 4096;
inline constexpr std::size_t kStackTableOffset = kCountLinesOffset + kCountLinesBytes;
inline CountLine* count_lines(MappingHeader& header) noexcept {
  return reinterpret_cast<CountLine*>(reinterpret_cast<unsigned char*>(&header) + kCountLinesOffset);
}
inline constexpr std::size_t kChunksOffset = kStackTableOffset + kStackTableBytes;
static_assert(kChunksOffset % 4096 == 0);

// Front of a `module` record's payload; the path follows.
struct ModulePayload {
  std::uint64_t bias;
  std::uint32_t epoch;
  std::uint32_t build_id_bytes;
  unsigned char build_id[32];
};

// ---- The session -------------------------------------------------------------------------------------

// HEAPTAPE_SESSION names the session's folder; or, where no folder is to be had, the directory page itself, as
// /proc/PID/fd/N.
inline constexpr char kMemfdSession[] = "/proc/";

inline constexpr std::uint32_t kImageSlots = 16;
// One word, so that a slot that was taken and filled again meanwhile is not mistaken: number:32 | state:32.
enum class ImageState : std::uint32_t { none = 0, ready, claimed };
constexpr std::uint64_t pack_image(std::uint32_t number, ImageState state) noexcept {
  return std::uint64_t{number} << 32 | static_cast<std::uint32_t>(state);
}
constexpr ImageState state_of_image(std::uint64_t word) noexcept { return static_cast<ImageState>(word & 0xffff'ffff); }

struct SessionDirectory {
  std::uint64_t magic;
  std::atomic<std::uint32_t> doorbell;        // futex: the drain should look now
  pthread_mutex_t drain_lives;                // robust, held by the drain: the kernel marks it when the drain dies
  std::atomic<std::uint32_t> progress;        // blocks of tapes that the drain has begun to write
  std::atomic<std::uint32_t> images_ready;    // futex: a mapping was made ready
  std::atomic<std::uint32_t> images_refused;  // program images that could not join
  std::atomic<std::uint32_t> drop_when_full;  // policy: 0 wait, 1 drop
  std::atomic<std::uint32_t> only_pid;        // --children ignore: the one process that records; 0: all do
  std::atomic<std::uint64_t> only_pid_namespace;
  std::atomic<std::uint32_t> images_ignored;  // program images that left again because of it
  std::atomic<std::uint64_t> images[kImageSlots];
  std::atomic<std::uint32_t> memfds[kImageSlots];  // descriptor in the drain, plus one; 0: the mapping is a file
  std::uint32_t drain_pid;                         // in its own pid namespace
};
// Whether the drain has died. The kernel says so the moment it happens (robust futexes), in any pid namespace; a
// drain that is stopped or slow is not dead.
inline bool drain_has_died(const SessionDirectory& directory) noexcept {
  constexpr int kOwnerDied = 0x40000000;  // FUTEX_OWNER_DIED
  return (__atomic_load_n(&directory.drain_lives.__data.__lock, __ATOMIC_ACQUIRE) & kOwnerDied) != 0;
}

inline constexpr std::size_t kDirectoryBytes = 4096;
static_assert(sizeof(SessionDirectory) <= kDirectoryBytes);

}  // namespace heaptape
