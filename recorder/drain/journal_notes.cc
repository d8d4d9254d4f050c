#include "recorder/drain/journal_notes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "format/file_descriptor.h"

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

}  // namespace

std::optional<JournalNotes> JournalNotes::read(const std::string& mapping_path) {
  static_assert(sizeof(std::array<Counts, 2>) == sizeof(ProcessNotes));
  static_assert(sizeof(std::array<Taken, 2>) == sizeof(ChunkNotes));
  const FileDescriptor file(open((mapping_path + kJournalSuffix).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
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

void JournalNotes::read_outside(const LogEntry& entry, std::string_view more) {
  OutsideNote note;
  const auto kind = static_cast<EventKind>(entry.key);
  if (more.size() < sizeof note || (kind != EventKind::pause && kind != EventKind::resume && kind != EventKind::mark))
    return;
  std::memcpy(&note, more.data(), sizeof note);
  outside_.add({.stamp = note.stamp, .kind = kind, .name = std::string(more.substr(sizeof note))});
}

void JournalNotes::read_log(const std::vector<unsigned char>& log) {
  LogEntry entry;
  for (std::size_t at = 0; log.size() - at >= sizeof entry;) {
    std::memcpy(&entry, log.data() + at, sizeof entry);
    at += sizeof entry;
    std::string_view more;
    if (entry.kind == LogEntry::Kind::tape || entry.kind == LogEntry::Kind::outside ||
        entry.kind == LogEntry::Kind::told) {
      if (entry.value > log.size() - at) return;
      more = {reinterpret_cast<const char*>(log.data()) + at, entry.value};
      at += std::min((entry.value + sizeof entry - 1) / sizeof entry * sizeof entry, log.size() - at);
    }
    if (entry.serial >= kMaxProcesses) continue;
    switch (entry.kind) {
      case LogEntry::Kind::tape: {
        TapeNote note;
        if (more.size() < sizeof note) return;
        std::memcpy(&note, more.data(), sizeof note);
        tapes_[entry.serial].started_ns = note.started_ns;
        tapes_[entry.serial].path = more.substr(sizeof note);
        break;
      }
      case LogEntry::Kind::told: {
        TapeNotes::Told told;
        if (more.size() < sizeof told.note) return;
        std::memcpy(&told.note, more.data(), sizeof told.note);
        told.addresses = more.substr(sizeof told.note);
        if (entry.key < kMaxStackId) tapes_[entry.serial].told[entry.key] = std::move(told);
        break;
      }
      case LogEntry::Kind::thread:
        tapes_[entry.serial].threads[entry.key] = ThreadId{entry.value};
        break;
      case LogEntry::Kind::stack:
        if (entry.key < kMaxStackId) tapes_[entry.serial].stacks.emplace_back(entry.key, StackId{entry.value});
        break;
      case LogEntry::Kind::module: {
        const auto [seen, fresh] =
            tapes_[entry.serial].epochs.try_emplace(ModuleId{entry.key}, entry.value, entry.value);
        if (!fresh) seen->second.second = std::max(seen->second.second, entry.value);
        break;
      }
      case LogEntry::Kind::outside:
        read_outside(entry, more);
        break;
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
