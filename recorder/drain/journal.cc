#include "recorder/drain/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <system_error>

namespace heaptape {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kFirstLogBytes = 32 * 1024;

// The older of two states, or the one that is about something else by now: what may be replaced.
template <class State, class IsCurrent>
State& replaceable(State (&states)[2], IsCurrent is_current) {
  if (!is_current(states[0])) return states[0];
  if (!is_current(states[1])) return states[1];
  return states[states[0].events.load(std::memory_order_relaxed) > states[1].events.load(std::memory_order_relaxed)];
}

}  // namespace

Journal::Journal(const std::string& mapping_path, std::uint32_t chunk_capacity, const Clock& clock)
    : path_(mapping_path + kJournalSuffix),
      bytes_(journal_bytes(chunk_capacity)),
      log_{kLogOffset, kProcessNotesOffset, 0},
      processes_{kProcessNotesOffset, kChunkNotesOffset, 0},
      chunks_{kChunkNotesOffset, bytes_, 0} {
  // A journal is whole from the moment that it has its name: without one, nothing of the mapping is in a tape.
  const std::string unfinished = path_ + ".new";
  file_ = open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  void* made = MAP_FAILED;
  if (file_ >= 0 && ftruncate(file_, static_cast<off_t>(bytes_)) == 0 &&
      fallocate(file_, 0, 0, static_cast<off_t>(kJournalHeaderBytes)) == 0 && allocate(log_, kFirstLogBytes))
    made = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (made == MAP_FAILED) {
    const int reason = errno;
    if (file_ >= 0) {
      [[maybe_unused]] const int ignored = ftruncate(file_, 0);
      rename(unfinished.c_str(), path_.c_str());
      close(file_);
    }
    throw std::system_error(reason, std::generic_category(), "can't make " + path_);
  }
  header_ = new (made) JournalHeader{};
  header_->first_stamp = clock.first().stamp;
  header_->first_ns = clock.first().ns;
  header_->chunk_capacity = chunk_capacity;
  header_->magic = kJournalMagic;
  rename(unfinished.c_str(), path_.c_str());
}

Journal::~Journal() {
  munmap(header_, bytes_);
  close(file_);
  unlink(path_.c_str());
}

bool Journal::allocate(Area& area, std::size_t bytes) {
  if (bytes <= area.ready) return true;
  if (bytes > area.end - area.begin) return false;
  const std::size_t wanted = std::min((bytes + kPage - 1) / kPage * kPage, area.end - area.begin);
  if (fallocate(file_, 0, static_cast<off_t>(area.begin + area.ready), static_cast<off_t>(wanted - area.ready)) != 0)
    return false;
  area.ready = wanted;
  return true;
}

void Journal::make_room(std::uint32_t chunks, std::uint32_t processes) {
  if (is_broken()) return;
  if (!allocate(chunks_, chunks * sizeof(ChunkNotes)) || !allocate(processes_, processes * sizeof(ProcessNotes)))
    return break_off();
  header_->chunks_ready.store(chunks, std::memory_order_release);
  header_->processes_ready.store(processes, std::memory_order_release);
}

void Journal::append(const LogEntry& entry, const std::string& more) {
  if (is_broken()) return;
  const std::size_t used = header_->log_bytes.load(std::memory_order_relaxed);
  const std::size_t bytes = sizeof entry + (more.size() + sizeof entry - 1) / sizeof entry * sizeof entry;
  if (used + bytes > log_.ready && !allocate(log_, std::min(std::max(2 * log_.ready, used + bytes), kMaxLogBytes)))
    return break_off();
  if (used + bytes > log_.ready) return break_off();
  std::memcpy(at(kLogOffset + used), &entry, sizeof entry);
  std::memcpy(at(kLogOffset + used + sizeof entry), more.data(), more.size());
  header_->log_bytes.store(used + bytes, std::memory_order_release);
}

void Journal::note_tape(std::uint32_t serial, const std::string& path, std::uint64_t started_ns) {
  const TapeNote note{started_ns};
  const std::string more = std::string(reinterpret_cast<const char*>(&note), sizeof note) + path;
  append({LogEntry::Kind::tape, serial, 0, static_cast<std::uint32_t>(more.size())}, more);
}

void Journal::note_thread(std::uint32_t serial, std::uint32_t lane, ThreadId thread) {
  append({LogEntry::Kind::thread, serial, lane, static_cast<std::uint32_t>(thread)});
}

void Journal::note_stack(std::uint32_t serial, std::uint32_t id, StackId stack) {
  append({LogEntry::Kind::stack, serial, id, static_cast<std::uint32_t>(stack)});
}

void Journal::note_told(std::uint32_t serial, std::uint32_t id, const ToldNote& note, const std::string& addresses) {
  const std::string more = std::string(reinterpret_cast<const char*>(&note), sizeof note) + addresses;
  append({LogEntry::Kind::told, serial, id, static_cast<std::uint32_t>(more.size())}, more);
}

void Journal::note_module(std::uint32_t serial, ModuleId module, std::uint32_t epoch) {
  append({LogEntry::Kind::module, serial, static_cast<std::uint32_t>(module), epoch});
}

void Journal::note_outside(const Outside& what) {
  const OutsideNote note{what.stamp};
  const std::string more = std::string(reinterpret_cast<const char*>(&note), sizeof note) + what.name;
  append({LogEntry::Kind::outside, 0, static_cast<std::uint32_t>(what.kind), static_cast<std::uint32_t>(more.size())},
         more);
}

void Journal::note_chunk(std::uint32_t chunk, std::uint32_t serial, std::uint16_t generation, std::uint64_t events,
                         const SlotSet& taken) {
  if (is_broken()) return;
  if ((chunk + std::size_t{1}) * sizeof(ChunkNotes) > chunks_.ready) return break_off();
  auto& notes = reinterpret_cast<ChunkNotes*>(at(kChunkNotesOffset))[chunk];
  ChunkState& state = replaceable(
      notes.states, [&](const ChunkState& one) { return one.serial == serial && one.generation == generation; });
  // First of all: half of a state is never the tape's, which has fewer events than this. Nobody reads while we live, and
  // a kill lets all stores before it be seen: it is the compiler that must keep the order.
  state.events.store(events, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  state.serial = serial;
  state.generation = generation;
  state.taken = std::bit_cast<SlotWords>(taken);
}

void Journal::note_counts(std::uint32_t serial, std::uint64_t events, const ProcessCounts& counts) {
  if (is_broken()) return;
  if ((serial + std::size_t{1}) * sizeof(ProcessNotes) > processes_.ready) return break_off();
  auto& notes = reinterpret_cast<ProcessNotes*>(at(kProcessNotesOffset))[serial];
  ProcessState& state = replaceable(notes.states, [](const ProcessState&) { return true; });
  state.events.store(events, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  state.counts = counts;
}

}  // namespace heaptape
