// A journal as `recover` reads it, when the drain that wrote it is dead.
//
// The file is input like any other: counts are capped, ids are for the caller to check.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/event.h"
#include "recorder/drain/clock.h"
#include "recorder/drain/journal_layout.h"
#include "recorder/drain/outside_log.h"

namespace heaptape {

struct TapeNotes {
  std::string path;
  std::uint64_t started_ns = 0;
  std::map<std::uint32_t, ThreadId> threads;              // by lane
  std::vector<std::pair<std::uint32_t, StackId>> stacks;  // id in the mapping, node; in order of definition
  struct Told {
    ToldNote note;
    std::string addresses;
  };
  std::map<std::uint32_t, Told> told;  // by id in the mapping: stacks that the tape may not have
  std::map<ModuleId, std::pair<std::uint32_t, std::uint32_t>> epochs;  // first and last that a module was seen at
};

class JournalNotes {
 public:
  // Of the mapping at this path. Nothing if it has no journal: then nothing of it is in any tape.
  // An empty one says that there was no room for it.
  static std::optional<JournalNotes> read(const std::string& mapping_path);

  // False: the drain could not note everything (short of shared memory).
  bool complete() const { return complete_; }
  Clock::Pair first() const { return first_; }
  // The most that the mapping can have.
  std::uint32_t chunk_capacity() const { return chunk_capacity_; }
  const std::map<std::uint32_t, TapeNotes>& tapes() const { return tapes_; }  // by serial

  const OutsideLog& outside() const { return outside_; }

  // The number of events at the newest state that a tape with so many events in whole blocks has reached. More than
  // `events` where the tape lost some that the mapping has lost as well.
  std::uint64_t state_at(std::uint32_t serial, std::uint64_t events) const;
  ProcessCounts counts(std::uint32_t serial, std::uint64_t state) const;
  SlotSet taken(std::uint32_t chunk, std::uint32_t serial, std::uint16_t generation, std::uint64_t state) const;

 private:
  struct Counts {
    std::uint64_t events;
    ProcessCounts counts;
  };
  struct Taken {
    std::uint64_t events;
    std::uint32_t serial, generation;
    SlotWords taken;
  };
  void read_log(const std::vector<unsigned char>& log);
  void read_outside(const LogEntry& entry, std::string_view more);

  bool complete_ = false;
  std::uint32_t chunk_capacity_ = 0;
  Clock::Pair first_{};
  std::map<std::uint32_t, TapeNotes> tapes_;
  OutsideLog outside_{false, OutsideLog::kAll};
  std::vector<std::array<Counts, 2>> processes_;
  std::vector<std::array<Taken, 2>> chunks_;
};

}  // namespace heaptape
