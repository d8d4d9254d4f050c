#include "recorder/drain/journal_notes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace heaptape {
namespace {

// By read(), not through a mapping: holes are zeros, and take no memory.
template <class Item>
bool read_items(int file, std::size_t offset, std::vector<Item>& items) {
  auto* to = reinterpret_cast<unsigned char*>(items.data());
  std::size_t left = items.size() * sizeof(Item);
  while (left != 0) {
    const ssize_t bytes = pread(file, to, left, static_cast<off_t>(offset));
    if (bytes <= 0) return false;
    to += bytes;
    offset += static_cast<std::size_t>(bytes);
    left -= static_cast<std::size_t>(bytes);
  }
  return true;
}

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : number(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {}
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int number;
};

// What follows an entry: a note, then what has no fixed size. False: the log ends before it does.
template <class Note>
bool read_more(const std::vector<unsigned char>& log, std::size_t& at, const LogEntry& entry, Note& note,
               std::string& rest) {
  const std::size_t begin = at + sizeof entry;
  if (entry.value < sizeof note || entry.value > log.size() - begin) return false;
  std::memcpy(&note, log.data() + begin, sizeof note);
  rest.assign(reinterpret_cast<const char*>(log.data()) + begin + sizeof note, entry.value - sizeof note);
  at += (entry.value + sizeof entry - 1) / sizeof entry * sizeof entry;
  return at <= log.size() - sizeof entry;
}

}  // namespace

std::optional<JournalNotes> JournalNotes::read(const std::string& mapping_path) {
  static_assert(sizeof(std::array<Counts, 2>) == sizeof(ProcessNotes));
  static_assert(sizeof(std::array<Taken, 2>) == sizeof(ChunkNotes));
  const Descriptor file(mapping_path + kJournalSuffix);
  struct stat status;
  JournalHeader header{};
  if (file.number < 0) return std::nullopt;
  JournalNotes notes;
  if (fstat(file.number, &status) != 0 ||
      pread(file.number, static_cast<void*>(&header), sizeof header, 0) != sizeof header ||
      header.magic != kJournalMagic)
    return notes;
  notes.complete_ = header.broken.load(std::memory_order_relaxed) == 0;
  notes.first_ = {header.first_stamp, header.first_ns};
  const std::uint64_t whole = static_cast<std::uint64_t>(status.st_size);
  if (whole < journal_bytes(header.chunk_capacity)) return JournalNotes{};
  notes.chunk_capacity_ = header.chunk_capacity;
  notes.chunks_.resize(std::min(header.chunks_ready.load(std::memory_order_relaxed), header.chunk_capacity));
  notes.processes_.resize(std::min(header.processes_ready.load(std::memory_order_relaxed), kMaxProcesses));
  std::vector<unsigned char> log(std::min<std::size_t>(header.log_bytes.load(std::memory_order_relaxed), kMaxLogBytes));
  if (!read_items(file.number, kLogOffset, log) || !read_items(file.number, kProcessNotesOffset, notes.processes_) ||
      !read_items(file.number, kChunkNotesOffset, notes.chunks_))
    notes.complete_ = false;
  notes.read_log(log);
  return notes;
}

void JournalNotes::read_log(const std::vector<unsigned char>& log) {
  LogEntry entry;
  for (std::size_t at = 0; log.size() - at >= sizeof entry; at += sizeof entry) {
    std::memcpy(&entry, log.data() + at, sizeof entry);
    if (entry.serial >= kMaxProcesses) continue;
    TapeNotes& tape = tapes_[entry.serial];
    switch (entry.kind) {
      case LogEntry::Kind::tape: {
        TapeNote note;
        if (!read_more(log, at, entry, note, tape.path)) return;
        tape.started_ns = note.started_ns;
        break;
      }
      case LogEntry::Kind::told: {
        TapeNotes::Told told;
        if (!read_more(log, at, entry, told.note, told.addresses)) return;
        if (entry.key < kMaxStackId) tape.told[entry.key] = std::move(told);
        break;
      }
      case LogEntry::Kind::thread:
        tape.threads[entry.key] = ThreadId{entry.value};
        break;
      case LogEntry::Kind::stack:
        if (entry.key < kMaxStackId) tape.stacks.emplace_back(entry.key, StackId{entry.value});
        break;
      case LogEntry::Kind::module: {
        const auto [seen, fresh] = tape.epochs.try_emplace(ModuleId{entry.key}, entry.value, entry.value);
        if (!fresh) seen->second.second = std::max(seen->second.second, entry.value);
        break;
      }
      case LogEntry::Kind::none:
        break;
    }
  }
}

std::uint64_t JournalNotes::state_at(std::uint32_t serial, std::uint64_t events) const {
  if (serial >= processes_.size()) return 0;
  const auto [older, newer] = std::minmax(processes_[serial][0].events, processes_[serial][1].events);
  return newer <= events ? newer : older;
}

ProcessCounts JournalNotes::counts(std::uint32_t serial, std::uint64_t state) const {
  if (serial < processes_.size())
    for (const Counts& one : processes_[serial])
      if (one.events == state) return one.counts;
  return {};
}

SlotSet JournalNotes::taken(std::uint32_t chunk, std::uint32_t serial, std::uint16_t generation,
                            std::uint64_t state) const {
  const Taken* newest = nullptr;
  if (chunk < chunks_.size())
    for (const Taken& one : chunks_[chunk])
      if (one.serial == serial && one.generation == generation && one.events <= state &&
          (newest == nullptr || one.events > newest->events))
        newest = &one;
  return newest == nullptr ? SlotSet{} : std::bit_cast<SlotSet>(newest->taken);
}

}  // namespace heaptape
