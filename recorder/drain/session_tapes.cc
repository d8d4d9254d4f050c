#include "recorder/drain/session_tapes.h"

#include <string.h>
#include <time.h>

#include <filesystem>

#include "recorder/drain/tape_meta.h"

namespace heaptape {
namespace {

void copy(char (&to)[1024], const std::string& text) { strncpy(to, text.c_str(), sizeof to - 1); }

}  // namespace

SessionTapes::SessionTapes(const RecordOptions& options, std::uint32_t root, const Images& images, const Clock& clock)
    : options_(options),
      root_(root),
      images_(images),
      clock_(clock),
      names_(options.output, std::filesystem::path(options.command[0]).filename().string(), root) {}

void SessionTapes::begin(Session& session, const OutsideLog& outside) {
  session_ = &session;
  outside_ = &outside;
}

std::unique_ptr<ProcessTape> SessionTapes::make(const MappingHeader& header, const ProcessEntry& process,
                                                std::uint32_t pid, std::uint32_t serial, const ProcessTape* parent) {
  Meta meta = meta_of(header, process, serial != 0);
  const std::string path = names_.next(meta.pid, meta.image);
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  meta.started_unix_ns =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  if (meta.own_malloc && own_malloc_.empty()) own_malloc_ = meta.program;
  meta.session = session_->id();
  meta.number = ++last_number_;
  if (parent != nullptr)
    meta.parent = parent->number();
  else if (pid != 0)
    meta.parent = numbers_.origin_of(pid, meta.parent_pid);
  if (pid != 0) numbers_.note(pid, meta.number);
  meta.clock_step_ns = options_.clock_step_ns;
  meta.max_tape = options_.capture.max_tape;  // whatever the program has made of the mapping
  // The command's own name was reserved before it started.
  const bool own = path == names_.own();
  WriterOptions writer = limits_of(meta);
  writer.overwrite = own || options_.force;
  writer.zstd_level = options_.zstd_level;
  writer.max_live = options_.max_live;
  writer.keep_bytes = options_.keep_bytes;
  // Threads that wait for room go on waiting.
  writer.progressed = [this] { session_->directory().progress.fetch_add(1, std::memory_order_relaxed); };
  try {
    auto tape = std::make_unique<ProcessTape>(path, meta, header, pid, process.started.load(std::memory_order_relaxed),
                                              clock_, outside(), writer);
    if (own) {
      own_tape_ = tape.get();
      reserved_.let_go();
    } else {
      ++other_tapes_;
    }
    return tape;
  } catch (const std::exception& error) {
    ++lost_tapes_;
    if (error_.empty()) error_ = error.what();
    return nullptr;
  }
}

void SessionTapes::collect_counts() {
  SessionDirectory& directory = session_->directory();
  unrecorded_.all += directory.images_refused.exchange(0, std::memory_order_relaxed);
  ignored_.all += directory.images_ignored.exchange(0, std::memory_order_relaxed);
  for (const auto& image : images_) ignored_.all += image->take_ignored_forks();
}

// The session's counts are told by the command's own tape; once that has ended, or while it has none, by whichever
// ends next.
void SessionTapes::about_to_end(const ProcessTape& tape, std::uint32_t pid, Ending ending, Ledger& ledger) {
  if (pid != 0 && ending.kind != EndKind::execed) numbers_.note_end(pid, tape.number());
  if (own_tape_ != nullptr && own_tape_ != &tape) return;
  collect_counts();
  ledger[Loss::unrecorded_images] += unrecorded_.take_untold();
  ledger[Loss::ignored_images] += ignored_.take_untold();
}

void SessionTapes::keep_own_figures() {
  if (own_figures_ || own_tape_ == nullptr || !own_tape_->finished()) return;
  const TapeWriter& writer = own_tape_->writer();
  Report report{.kind = Report::Kind::finished, .recorded = true, .events = writer.events(), .bytes = writer.bytes()};
  const Ledger& ledger = own_tape_->ledger();
  for (int i = 0; i < kLosses; ++i)
    if (is_damage(static_cast<Loss>(i))) report.lost += ledger[static_cast<Loss>(i)];
  for (const Loss loss : {Loss::small_births, Loss::other_layer_births, Loss::unsampled_births})
    report.left_out += ledger[loss];
  copy(report.text, writer.error());
  own_figures_ = report;
  own_tape_ = nullptr;
}

std::optional<Report> SessionTapes::report(int status) {
  if (own_tape_ != nullptr) return std::nullopt;
  Report report = own_figures_.value_or(Report{.kind = Report::Kind::finished});
  report.pid = static_cast<pid_t>(root_);
  report.status = status;
  collect_counts();
  report.tapes = other_tapes_;
  report.ignored = ignored_.all;
  report.unrecorded = lost_tapes_ + unrecorded_.all;
  copy(report.path, names_.own());
  copy(report.own_malloc, own_malloc_);
  if (!report.recorded) reserved_.remove();
  if (report.text[0] == '\0') copy(report.text, error_);
  return report;
}

}  // namespace heaptape
