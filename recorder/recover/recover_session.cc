#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>

#include "format/contents.h"
#include "recorder/drain/image_drain.h"
#include "recorder/drain/tape_meta.h"
#include "recorder/drain/tape_names.h"
#include "recorder/recover/recover.h"
#include "recorder/recover/rewritten.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLeastTape = 24;  // bytes of a tape's header

// The drain's last round, done by another process: what lanes hold goes into the tapes, and these end.
class SessionRecovery {
 public:
  explicit SessionRecovery(const Orphan& orphan)
      : orphan_(orphan), names_(orphan.notes().own, orphan.notes().program, orphan.notes().pid) {}

  std::vector<RecoveredTape> run() {
    for (const std::string& path : orphan_.mappings()) open(path);
    for (Image& image : images_) recover(image);
    for (Rewritten& rewritten : rewritten_) rewritten.put_in_place();
    images_.clear();
    fs::remove_all(orphan_.folder());
    return std::move(recovered_);
  }

 private:
  // A tape that the drain had begun.
  struct Begun {
    std::uint64_t events = 0;  // in its whole blocks
    std::uint64_t state = 0;   // of the journal, at which it is
    bool is_over = false;      // it has its index: nothing is missing
  };
  struct Image {
    std::unique_ptr<MappingFile> mapping;
    std::optional<JournalNotes> journal;
    std::map<std::uint32_t, Begun> begun;  // by serial

    const OutsideLog& outside() const {
      static const OutsideLog kNothing(false);
      return journal ? journal->outside() : kNothing;
    }
  };
  struct Made {
    const ProcessTape* tape;
    std::size_t place;  // in recovered_
  };

  // Stands where the living drain was.
  struct Keeper final : TapeKeeper {
    Keeper(SessionRecovery& session, const Image& begun, const Clock& time)
        : recovery(session), image(begun), clock(time) {}
    std::unique_ptr<ProcessTape> make(const MappingHeader& header, const ProcessEntry& process, std::uint32_t,
                                      std::uint32_t serial, const ProcessTape*) override {
      auto tape = recovery.make_tape(image, header, process, serial, clock);
      if (tape != nullptr) made.push_back({tape.get(), recovery.recovered_.size() - 1});
      return tape;
    }
    void about_to_end(const ProcessTape&, std::uint32_t, Ending, Ledger&) override {}
    const OutsideLog& outside() const override { return image.outside(); }

    SessionRecovery& recovery;
    const Image& image;
    const Clock& clock;
    std::vector<Made> made;
  };

  void open(const std::string& path) {
    Image image;
    image.journal = JournalNotes::read(path);
    image.mapping = MappingFile::adopt(
        path, image.journal && image.journal->complete() ? image.journal->chunk_capacity() : MappingFile::kFirstChunks);
    if (image.mapping == nullptr) return;
    if (!image.mapping->is_over())
      throw RecoverError(RecoverError::Reason::still_running,
                         fmt::format("process {} of '{}' is still running, and what it does goes into shared memory; "
                                     "recover its tape when it has ended",
                                     process_entry(image.mapping->header(), 0).pid.load(), orphan_.notes().program));
    if (image.mapping->header().attached.load() == 0) return;  // nobody came to use it
    if (image.journal)
      for (const auto& [serial, notes] : image.journal->tapes()) look_at(image, serial, notes);
    images_.push_back(std::move(image));
  }

  void look_at(Image& image, std::uint32_t serial, const TapeNotes& notes) {
    if (!fs::exists(notes.path))
      throw TapeError(TapeError::Reason::missing,
                      fmt::format("'{}' is missing; put it back, or remove '{}' to give up what that holds of it",
                                  notes.path, orphan_.folder()));
    noted_.insert(notes.path);
    const TapeContents contents(notes.path);
    for (const Damage& damage : contents.damage)
      if (damage.offset < contents.whole_bytes())
        throw RecoverError(RecoverError::Reason::damaged,
                           fmt::format("'{}' is damaged at byte {} ({}); it was left as it is, and so was '{}'",
                                       notes.path, damage.offset, damage.reason, orphan_.folder()));
    image.begun[serial] = {.events = contents.numbered_events(),
                           .state = image.journal->state_at(serial, contents.numbered_events()),
                           .is_over = contents.has_index()};
  }

  void recover(Image& image) {
    if (image.journal && !image.journal->complete()) return index_alone(image);
    Clock clock = image.journal ? Clock(image.journal->first()) : Clock();
    std::vector<ImageDrain::Given> given;
    for (std::uint32_t i = 0; i < image.mapping->chunks(); ++i) {
      const Chunk& chunk = image.mapping->chunk(i);
      const std::uint64_t owner = chunk.owner.load() & ~kClosing;
      const auto serial = static_cast<std::uint32_t>((owner >> 32) - 1);
      const auto begun = image.begun.find(serial);
      if (owner == 0 || begun == image.begun.end()) continue;
      given.push_back({i, owner,
                       begun->second.is_over ? ~SlotSet{}
                                             : image.journal->taken(i, serial, chunk.generation, begun->second.state)});
    }
    Keeper keeper(*this, image, clock);
    Endings none;
    ImageDrain drain(std::move(image.mapping), keeper, clock, given);
    drain.note_attached();
    for (const auto& [serial, begun] : image.begun) drain.expect(serial);  // it may have told all that it had
    drain.drain(clock.tick());
    drain.look_for_gone(none);
    drain.finish_gone();
    for (const Made& one : keeper.made) close(*one.tape, recovered_[one.place]);
  }

  std::unique_ptr<ProcessTape> make_tape(const Image& image, const MappingHeader& header, const ProcessEntry& process,
                                         std::uint32_t serial, const Clock& clock) {
    const auto begun = image.begun.find(serial);
    if (begun == image.begun.end()) return make_fresh(image, header, process, serial, clock);
    const TapeNotes& notes = image.journal->tapes().at(serial);
    if (begun->second.is_over) {
      recovered_.push_back(recover_tape(notes.path, ""));  // its trailer may be missing
      return nullptr;
    }
    const TapeContents cut(notes.path);
    rewritten_.emplace_back(notes.path);
    recovered_.push_back({.path = notes.path,
                          .from_memory = begun->second.events,  // to be taken off the tape's
                          .torn_bytes = cut.file.bytes().size() - cut.whole_bytes()});
    const std::uint64_t state = begun->second.state;
    const std::uint64_t lost = state > begun->second.events ? state - begun->second.events : 0;
    const ProcessTape::Resumption from{.cut = cut,
                                       .notes = notes,
                                       .counts = image.journal->counts(serial, state),
                                       .started = process.started.load(),
                                       .lost_events = lost};
    return std::make_unique<ProcessTape>(rewritten_.back().beside(), header, from, clock, image.outside());
  }

  // Of a process that the drain had not come to.
  std::unique_ptr<ProcessTape> make_fresh(const Image& image, const MappingHeader& header, const ProcessEntry& process,
                                          std::uint32_t serial, const Clock& clock) {
    Meta meta = meta_of(header, process, serial != 0);
    std::string path;
    do path = names_.next(meta.pid, meta.image);
    while (!is_free(path, meta.pid));
    const std::uint64_t started = process.started.load();
    timespec now, monotonic;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    const auto ns = [](const timespec& time) {
      return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
    };
    meta.started_unix_ns = ns(now) - ns(monotonic) + clock.monotonic_ns(started);
    rewritten_.emplace_back(path);
    recovered_.push_back({.path = path});
    WriterOptions writer = limits_of(meta);
    writer.overwrite = true;
    return std::make_unique<ProcessTape>(rewritten_.back().beside(), meta, header, 0, started, clock, image.outside(),
                                         writer);
  }

  // Nobody's, or what was reserved for this process or just begun.
  bool is_free(const std::string& path, std::uint32_t pid) const {
    if (noted_.contains(path)) return false;  // of another image of this pid
    std::error_code absent;
    const auto bytes = fs::file_size(path, absent);
    if (absent || bytes == 0) return true;
    try {
      const TapeContents begun(path);
      const std::uint32_t theirs = begun.index.meta.pid;  // 0: it does not say
      return begun.condition == Condition::cut && begun.numbered_events() == 0 && (theirs == 0 || theirs == pid);
    } catch (const TapeError& error) {
      // Not even a header: the command's own name was reserved, so that it is.
      return error.reason == TapeError::Reason::damaged && path == names_.own() && bytes < kLeastTape;
    }
  }

  void close(const ProcessTape& tape, RecoveredTape& recovered) {
    const TapeWriter& writer = tape.writer();
    if (!writer.error().empty())
      throw RecoverError(
          RecoverError::Reason::no_room,
          fmt::format("can't write '{}': {}; what is in shared memory was kept", recovered.path, writer.error()));
    recovered.events = writer.events();
    recovered.from_memory = writer.events() - recovered.from_memory;
    for (int i = 0; i < kLosses; ++i)
      if (is_damage(static_cast<Loss>(i))) recovered.lost += tape.ledger()[static_cast<Loss>(i)];
  }

  // What the tapes have and what they have not can't be told apart.
  void index_alone(const Image& image) {
    for (const auto& [serial, notes] : image.journal->tapes()) recovered_.push_back(recover_tape(notes.path, ""));
  }

  const Orphan& orphan_;
  TapeNames names_;
  std::set<std::string> noted_;  // tapes that a journal has
  std::deque<Image> images_;
  std::deque<Rewritten> rewritten_;
  std::vector<RecoveredTape> recovered_;
};

// By name as well: the drain may have died before it came to make the file.
bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code absent;
  return fs::absolute(a).lexically_normal() == fs::absolute(b).lexically_normal() || fs::equivalent(a, b, absent);
}

}  // namespace

std::vector<RecoveredTape> recover_session(const Orphan& orphan) { return SessionRecovery(orphan).run(); }

bool is_tape_of(const Orphan& orphan, const std::string& tape) {
  if (is_same_file(orphan.notes().own, tape)) return true;
  for (const std::string& mapping : orphan.mappings())
    if (const auto journal = JournalNotes::read(mapping))
      for (const auto& [serial, notes] : journal->tapes())
        if (is_same_file(notes.path, tape)) return true;
  return false;
}

}  // namespace heaptape
