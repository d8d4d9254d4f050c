// Reads what a mapping's lanes hold: committed records up to a stamp, past open slots.
//
// The mapping is hostile input: each word is read once, every length and owner is checked.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "recorder/drain/journal_layout.h"
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
  std::uint16_t slot = 0;  // where it was
  std::uint32_t chunk = 0;
};

// What one lane has committed since it was last read, in order of stamps.
struct Run {
  std::uint32_t serial = 0, lane = 0, tid = 0;
  std::vector<Record> records;
  std::vector<std::string> payloads;
  std::size_t taken = 0;  // of `records`, by whoever takes them in order
  struct Part {
    std::uint32_t chunk;
    std::size_t first;  // of its records
  };
  std::vector<Part> parts;  // in the order in which they were read
  bool sorted = false;      // the records were not in order as they were read
};

class LaneReader {
 public:
  explicit LaneReader(MappingFile& mapping) : mapping_(mapping) {}

  // All records with stamps up to `until` that were not given before, a run for each lane that has some. Valid until
  // the next read.
  std::span<Run> read(std::uint64_t until);
  // Calls `note(chunk, generation, slots)` for each chunk of which this process's tape has got more than at the last
  // such call. `runs`: those being taken now, as far as they are.
  template <class Note>
  void note_taken(std::uint32_t serial, std::span<const Run> runs, Note note);
  // Goes on where another reader stopped: these slots were given. Before the first read.
  void resume(std::uint32_t chunk, std::uint64_t owner, const SlotSet& given);
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
  // Reported like an exhausted chunk, whatever it still holds.
  void give_up(std::uint32_t chunk) { views_[chunk].exhausted = true; }
  // Forgets a chunk: it is about to be freed.
  void forget(std::uint32_t chunk) { views_[chunk] = {}; }
  // Chunks that nobody holds, as of the last read.
  std::uint32_t free_chunks() const { return free_; }

 private:
  static SlotSet low_slots(std::uint32_t count) { return ~SlotSet{} >> (kSlotsPerChunk - count); }
  struct View {
    std::uint64_t owner = 0;
    std::uint32_t next = 0;  // all slots before it were given
    bool exhausted = false;  // reported
    bool noted = true;       // what was given is in the journal
    SlotSet given;           // slots at or behind `next`
    SlotSet before;          // all that was given before the last read
    SlotSet all_given() const { return given | low_slots(next); }
  };
  struct Part {
    std::uint64_t owner;
    std::uint32_t sequence, index;
  };
  SlotSet taken_of(std::uint32_t index, std::span<const Run> runs) const;
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

template <class Note>
void LaneReader::note_taken(std::uint32_t serial, std::span<const Run> runs, Note note) {
  for (std::uint32_t i = 0; i < views_.size(); ++i) {
    View& view = views_[i];
    if (view.noted || (view.owner >> 32) - 1 != serial) continue;
    const SlotSet taken = taken_of(i, runs);
    view.noted = taken == view.all_given();
    note(i, mapping_.chunk(i).generation, taken);
  }
}

}  // namespace heaptape
