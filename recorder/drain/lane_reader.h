// Reads what a mapping's lanes hold: committed records up to a stamp, past open slots.
//
// The mapping is hostile input: each word is read once, every length and owner is checked.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "recorder/drain/mapping_file.h"

namespace heaptape {

// A committed record, taken out of the mapping.
struct Record {
  std::uint64_t stamp = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;  // for records with a payload: the lower 32 bits of what the slot held
  std::uint32_t stack = 0;
  std::uint32_t payload = 0;  // index into Run::payloads, plus one; 0: none
  SlotKind kind = SlotKind::empty;
  std::uint8_t function = 0;
};

// What one lane has committed since it was last read, in order of stamps.
struct Run {
  std::uint32_t serial = 0, lane = 0;
  std::vector<Record> records;
  std::vector<std::string> payloads;
};

class LaneReader {
 public:
  explicit LaneReader(MappingFile& mapping) : mapping_(mapping) {}

  // All records with stamps up to `until` that were not given before, a run for each lane that has some. Valid until
  // the next read.
  std::span<Run> read(std::uint64_t until);
  // Slots of this process that were begun and never committed. Call once it is dead.
  std::uint64_t torn(std::uint32_t serial) const;
  struct Exhausted {
    std::uint32_t chunk, serial;
    std::uint64_t owner;
  };
  // Chunks whose every slot has been given, and that were not reported before.
  std::vector<Exhausted> take_exhausted();
  struct Held {
    std::uint32_t chunk, serial, lane;
    std::uint64_t owner;
  };
  // Chunks that threads are still writing to, as of the last read.
  std::vector<Held> held() const;
  // All chunks that a dead process still holds.
  std::vector<std::uint32_t> held_by(std::uint32_t serial) const;
  // Forgets a chunk: it is about to be freed.
  void forget(std::uint32_t chunk) { views_[chunk] = {}; }
  // Chunks that nobody holds, as of the last read.
  std::uint32_t free_chunks() const { return free_; }

 private:
  struct View {
    std::uint64_t owner = 0;
    std::uint32_t next = 0;             // all slots before it were given
    bool exhausted = false;             // reported
    std::bitset<kSlotsPerChunk> given;  // slots at or behind `next`
  };
  struct Part {
    std::uint64_t owner;
    std::uint32_t sequence, index;
  };
  std::vector<Part> parts_to_read();
  Run& next_run(std::uint64_t owner);
  void scan_in_order(const Chunk& chunk, View& view, std::uint64_t until, Run& run);
  void scan(const Chunk& chunk, View& view, std::uint64_t until, Run& run);
  enum class Take { taken, too_young, broken };
  static Take take_record(const Chunk& chunk, std::uint32_t slot, const Commit& commit, std::uint64_t until, Run& run,
                          std::uint32_t& slots);

  MappingFile& mapping_;
  std::vector<View> views_;
  std::vector<Run> runs_;  // kept for their memory
  std::size_t used_ = 0;   // of them
  std::uint32_t free_ = 0;
};

}  // namespace heaptape
