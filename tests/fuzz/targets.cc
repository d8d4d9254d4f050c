#include "tests/fuzz/targets.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "analyzer/curve.h"
#include "analyzer/event_reading.h"
#include "analyzer/heaptrack_import.h"
#include "analyzer/lifetime_parts.h"
#include "analyzer/stack_costs.h"
#include "analyzer/thread_lanes.h"
#include "format/block.h"
#include "format/event_decoder.h"
#include "format/file_header.h"
#include "format/index.h"
#include "format/opening_codec.h"
#include "format/rss_codec.h"
#include "format/symbol_table.h"
#include "format/verify.h"

namespace heaptape::fuzz {
namespace {

// What fuzzed events may name.
constexpr IdLimits kIds{{64}, {8}, {8}, {8}};

Definitions some_definitions() {
  Definitions definitions;
  definitions.modules.add({.path = "/a"});
  for (std::uint32_t i = 0; i < 8; ++i) {
    definitions.threads.add({.tid = i});
    definitions.texts.add("t");
    definitions.variables.add({.name = "v"});
  }
  for (std::uint32_t i = 0; i < 63; ++i) definitions.frames.add({.parent = StackId{i / 2}, .in_program = i % 2 == 0});
  return definitions;
}

void require(bool holds) {
  if (!holds) abort();
}

// As the fuzzer would have to guess: each block's checksum, the header's, the trailer's.
void make_checksums_right(std::vector<std::uint8_t>& file) {
  const auto header = make_header();
  if (file.size() < header.size()) return;
  std::copy(header.begin(), header.end(), file.begin());
  std::uint64_t offset = header.size(), last = offset;
  while (const auto block = block_at(file, offset)) {
    seal_block(file.data() + offset, block->kind, block->raw_bytes,
               Bytes(file).subspan(offset + kBlockHeaderBytes, block->stored_bytes));
    last = offset;
    offset = block->end();
  }
  const auto trailer = make_trailer(last, offset + kTrailerBytes);
  file.resize(offset);
  file.insert(file.end(), trailer.begin(), trailer.end());
}

// A file that is nowhere but in memory.
class MemoryFile {
 public:
  explicit MemoryFile(const std::vector<std::uint8_t>& bytes) : descriptor_(memfd_create("fuzzed", MFD_CLOEXEC)) {
    require(write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

// Where a writer may make one, again and again; gone with the process.
class MadeFile {
 public:
  ~MadeFile() { unlink(path().c_str()); }
  std::string path() const { return "/tmp/heaptape-fuzz." + std::to_string(getpid()) + ".tape"; }
};

// Lanes read columns that the events are unpacked from: both see the same, or one of them sees damage.
void read_lanes(const TapeReader& tape, const std::vector<Damage>& unread) {
  TimelineReport report;
  report.steps = {{0, 0, 0, 0}, {1000, 0, 0, 0}, {1'000'000, 0, 0, 0}};
  take_thread_lanes(report, tape, Selection(tape, Layer::all), unread, 2);
  std::uint64_t seen = 0, told = 0;
  static_cast<void>(for_each_block(tape, [&](const BlockEntry&, std::span<const Event> events) {
    for (const Event& event : events) seen += event.kind == EventKind::birth || event.kind == EventKind::release;
  }));
  for (const TimelineReport::Lane& lane : lanes_of(report, 2)) told += lane.events;
  require(told == seen || report.threads.empty());
}

void read_lifetimes(const TapeReader& tape) {
  const Selection selection(tape, Layer::all);
  const TimeBuckets buckets(selection.end_ns(), 16);
  LifetimeCollector collector(buckets, clock_step_of(tape), tape.opening().events, selection.end_ns(), 1);
  LifetimeReading reading(tape, selection,
                          {[](const Block& block) { return static_cast<std::uint32_t>(block.thread); }},
                          LifetimeReading::Ask::all, &collector);
  static_cast<void>(reading.read());
  for (std::uint32_t thread = 0; thread < tape.threads().size(); ++thread)
    for (const LifetimePart& part : collector.parts(0, thread)) require(part.bucket < buckets.size());
}

void read_all(const std::string& path) {
  const TapeReader tape(path);
  const Membership membership(Layer::program, tape.frames(), {});
  StackCostsPass costs(membership, tape.frames().size());
  CurvePass curve(membership, 1'000'000, 64);
  Pass* const passes[] = {&costs, &curve};
  const std::vector<Damage> unread = replay(tape, passes);
  read_lanes(tape, unread);
  read_lifetimes(tape);
  for (const Frame& frame : tape.frames()) require(static_cast<std::size_t>(frame.parent) < tape.frames().size());
  for (const SymbolTable::Address& address : tape.symbols().addresses)
    require(!tape.symbols().find(address.module, address.address).empty() || address.count == 0);
}

}  // namespace

void decode_block(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  const std::uint8_t kind = bytes[0] % 6;
  DecodedBlock block;  // its memory is aligned as a reader's
  std::copy(bytes.begin() + 1, bytes.end(), block.raw.make_room(bytes.size() - 1));
  bytes = block.raw;
  std::string_view reason;
  if (kind == 0) {
    if (!decode_events(block, kIds, reason)) return require(!reason.empty() && block.events.empty());
    require(block.births.size() == block.events.size());
    for (const Event& event : block.events)
      require(static_cast<std::uint32_t>(event.stack) < 64 && static_cast<std::uint32_t>(event.thread) < 8);
    for (std::size_t i = 0; i < block.births.size(); ++i)
      require(block.births[i] == DecodedBlock::kElsewhere ||
              (block.births[i] < i && block.events[block.births[i]].kind == EventKind::birth));
  } else if (kind == 1) {
    Definitions definitions;
    static_cast<void>(definitions.add_block(bytes, reason));
  } else if (kind == 2) {
    static const Definitions definitions = some_definitions();
    Opening opening;
    static_cast<void>(decode_opening(bytes, definitions, opening, reason));
  } else if (kind == 3) {
    SymbolTable table;
    static_cast<void>(decode_symbols(bytes, 4, table, reason));
  } else if (kind == 4) {
    std::vector<RssSample> samples;
    static_cast<void>(decode_rss(bytes, samples, reason));
  } else {
    static_cast<void>(decode_index(bytes, kHeaderBytes, 1u << 20, reason));
  }
}

void read_tape(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  std::vector<std::uint8_t> file(bytes.begin() + 1, bytes.end());
  if (bytes[0] % 2 == 1) make_checksums_right(file);
  const MemoryFile memory(file);
  try {
    read_all(memory.path());
  } catch (const TapeError&) {
    // Refused in a sentence.
  }
  try {
    static_cast<void>(verify_tape(memory.path()));
  } catch (const TapeError&) {
  }
}

void import(std::span<const std::uint8_t> bytes) {
  static const MadeFile made;
  std::size_t at = 0;
  LineSource lines([&](std::span<char> room) {
    const std::size_t size = std::min(room.size(), bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, room.begin());
    at += size;
    return size;
  });
  try {
    import_heaptrack(lines, made.path(), "0");
  } catch (const ImportError&) {
    return;
  }
  require(verify_tape(made.path()).faults.empty());
}

}  // namespace heaptape::fuzz
