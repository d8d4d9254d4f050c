// The drain's end of a mapping's journal: see journal_layout.h. Costs a few stores for each block of events.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "format/event.h"
#include "recorder/drain/clock.h"
#include "recorder/drain/journal_layout.h"
#include "recorder/drain/outside_log.h"

namespace heaptape {

class Journal {
 public:
  // Makes the file. Throws std::system_error if there is no room for one; an empty file then says so.
  Journal(const std::string& mapping_path, std::uint32_t chunk_capacity, const Clock& clock);
  ~Journal();  // removes it
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // What the mapping has of each. Before anything is noted of them.
  void make_room(std::uint32_t chunks, std::uint32_t processes);
  void note_tape(std::uint32_t serial, const std::string& path, std::uint64_t started_ns);
  void note_thread(std::uint32_t serial, std::uint32_t lane, ThreadId thread);
  void note_stack(std::uint32_t serial, std::uint32_t id, StackId stack);
  // A stack that will be interned when an event meets it.
  void note_told(std::uint32_t serial, std::uint32_t id, const ToldNote& note, const std::string& addresses);
  void note_module(std::uint32_t serial, ModuleId module, std::uint32_t epoch);
  void note_outside(const Outside& what);
  // Holds once the tape of `serial` has `events` events in whole blocks. Call before it does.
  void note_chunk(std::uint32_t chunk, std::uint32_t serial, std::uint16_t generation, std::uint64_t events,
                  const SlotSet& taken);
  void note_counts(std::uint32_t serial, std::uint64_t events, const ProcessCounts& counts);

 private:
  // An area of the file that is allocated as it is needed.
  struct Area {
    std::size_t begin, end, ready;
  };
  bool allocate(Area& area, std::size_t bytes);
  void append(const LogEntry& entry, const std::string& more = {});
  void break_off() { header_->broken.store(1, std::memory_order_release); }
  bool is_broken() const { return header_->broken.load(std::memory_order_relaxed) != 0; }
  unsigned char* at(std::size_t offset) const { return reinterpret_cast<unsigned char*>(header_) + offset; }

  std::string path_;
  int file_ = -1;
  std::size_t bytes_;
  Area log_, processes_, chunks_;
  JournalHeader* header_ = nullptr;
};

}  // namespace heaptape
