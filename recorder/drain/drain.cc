#include "recorder/drain/drain.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <optional>
#include <system_error>
#include <utility>

#include "recorder/drain/command.h"
#include "recorder/drain/detach.h"
#include "recorder/drain/door.h"
#include "recorder/drain/endings.h"
#include "recorder/drain/image_drain.h"
#include "recorder/drain/image_filter.h"
#include "recorder/drain/proc.h"
#include "recorder/drain/report.h"
#include "recorder/drain/reserved_tape.h"
#include "recorder/drain/session.h"
#include "recorder/drain/session_count.h"
#include "recorder/drain/starter.h"
#include "recorder/drain/tape_meta.h"
#include "recorder/drain/tape_names.h"
#include "recorder/drain/tape_numbers.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSampleEveryNs = 10'000'000;
constexpr std::uint64_t kNamesEveryNs = 100'000'000;
constexpr std::size_t kImagesReady = 4;       // to begin with
constexpr std::size_t kMostImagesReady = 12;  // once a round has seen them all claimed
constexpr std::uint64_t kIdleAfterNs = 100'000'000;
constexpr std::uint64_t kLongestStartNs = 10'000'000'000;  // until a program that is served has joined

std::atomic<std::uint32_t>* bell = nullptr;
void on_child(int) {
  if (bell != nullptr) bell->fetch_add(1, std::memory_order_release);
}

void copy(char (&to)[1024], const std::string& text) { strncpy(to, text.c_str(), sizeof to - 1); }

class Drain final : public TapeKeeper {
 public:
  Drain(const RecordOptions& options, std::string library, Starter& starter)
      : options_(options), library_(std::move(library)), starter_(starter), filter_(options.process) {}

  // Records the launcher's command. Answers the drain's exit status.
  int run() {
    command_.emplace(options_.command, options_.closed);
    root_ = static_cast<std::uint32_t>(command_->pid());
    detach();
    if (!open_session()) {
      command_->abandon();
      return 1;
    }
    if (!start_command()) return 1;
    for (;;) {
      const std::size_t records = round();
      if (descendants_are_gone_ && images_.empty()) return 0;
      rest(records);
    }
  }

  // Records the program that has started this drain. Nobody is told how it ends.
  int serve(std::uint32_t program) {
    root_ = program;
    detach();
    const int running = static_cast<int>(syscall(SYS_pidfd_open, program, 0));
    if (!open_session()) return 1;
    const bool joins = starter_.invite(session_->name());
    const std::uint64_t began = clock_.monotonic_ns(UINT64_MAX);
    for (;;) {
      const std::size_t records = round();
      const bool may_come = joins && last_number_ == 0 && ignored_.all == 0 && running >= 0 && !is_dead(running) &&
                            clock_.monotonic_ns(UINT64_MAX) - began < kLongestStartNs;
      if (images_.empty() && !may_come && session_->close_doors()) break;
      rest(records);
    }
    if (!own_figures_) reserved_.remove();
    return 0;
  }

 private:
  bool open_session() {
    names_.emplace(options_.output, fs::path(options_.command[0]).filename().string(), root_);
    std::string why_not;
    const int status = reserved_.reserve(*names_, options_, !starter_.is_launcher(), why_not);
    if (status != 0) return fail(status, why_not);
    try {
      session_.emplace(options_, SessionNotes{.own = fs::absolute(names_->own()).string(),
                                              .program = fs::path(options_.command[0]).filename().string(),
                                              .pid = root_});
      if (!options_.follow_children) session_->admit_only(root_);
      session_->make_ready(1);
    } catch (const std::system_error&) {
      reserved_.remove();
      throw;
    }
    door_.emplace(session_->name(), root_);
    return true;
  }

  bool fail(int status, const std::string& sentence) {
    starter_.fail(status, sentence);
    return false;
  }

  bool start_command() {
    signal(SIGCHLD, on_child);
    bell = &session_->directory().doorbell;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    // The launcher must know whom to signal before the command runs.
    starter_.command_runs_as(command_->pid());
    const int reason = command_->go({preload_first(library_), fmt::format("{}={}", kSessionVariable, session_->name())});
    if (reason == 0) {
      if (options_.force) names_->remove_family();
      return true;
    }
    reserved_.remove();
    const bool absent = reason == ENOENT;
    return fail(absent ? 127 : 126, fmt::format("'{}' {}: {}", options_.command[0],
                                                absent ? "was not found" : "can't be run", strerror(reason)));
  }

  std::size_t round() {
    make_mappings_ready();
    unrecorded_.all += door_->answer(*session_);
    // Deaths first: what the dead have claimed and committed is read after they are known to be dead. Deaths that
    // are noticed later in this round end nothing but tapes.
    descendants_are_gone_ = endings_.reap();
    if (const auto stopped = endings_.take_stop(root_)) starter_.command_stopped(*stopped);
    const bool command_ended = endings_.status_of(root_).has_value();
    take_images();
    const std::uint64_t until = clock_.tick();
    const std::uint64_t now = clock_.monotonic_ns(UINT64_MAX);
    std::size_t records = 0;
    for (auto& image : images_) records += image->drain(until);
    if (now - sampled_at_ >= kSampleEveryNs) {
      for (auto& image : images_) image->sample(now);
      sampled_at_ = now;
    }
    if (now - named_at_ >= kNamesEveryNs) {
      for (auto& image : images_) image->refresh_names();
      named_at_ = now;
    }
    finish_images();
    if (command_ended && starter_.waits()) report_end();
    return records;
  }

  void make_mappings_ready() {
    try {
      session_->make_ready(images_wanted_);
    } catch (const std::system_error&) {
      // Short of shared memory: images wait, and are counted if they wait in vain.
    }
  }

  void take_images() {
    auto claimed = session_->take_claimed();
    if (claimed.size() + 1 >= images_wanted_) images_wanted_ = kMostImagesReady;
    for (auto& mapping : claimed) images_.push_back(std::make_unique<ImageDrain>(std::move(mapping), *this, clock_));
    // In the order in which they began, so that the images of one pid are numbered as they followed each other.
    std::vector<const ImageDrain*> fresh;
    for (auto& image : images_)
      if (!image->attached() && image->note_attached()) fresh.push_back(image.get());
    images_.sort([](const auto& a, const auto& b) {
      if (a->attached() != b->attached()) return a->attached();
      return a->attached() && a->started() < b->started();
    });
    // A newer image of a pid ends what that pid did in older ones.
    for (const ImageDrain* newer : fresh)
      for (auto& older : images_)
        if (newer->pid() != 0 && older->attached() && older->started() < newer->started())
          older->exec_happened(newer->pid());
    const auto is_left_out = [&](const auto& image) {
      return std::find(fresh.begin(), fresh.end(), image.get()) != fresh.end() && !image->decide(filter_);
    };
    ignored_.all += std::erase_if(images_, is_left_out);
  }

  std::unique_ptr<ProcessTape> make(const MappingHeader& header, const ProcessEntry& process, std::uint32_t pid,
                                    std::uint32_t serial, const ProcessTape* parent) override {
    Meta meta = meta_of(header, process, serial != 0);
    const std::string path = names_->next(meta.pid, meta.image);
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
    meta.max_tape = options_.capture.max_tape;  // whatever the program has made of the mapping
    // The command's own name was reserved before it started.
    const bool own = path == names_->own();
    try {
      WriterOptions writer = limits_of(meta);
      writer.overwrite = own || options_.force;
      writer.max_live = options_.max_live;
      auto tape = std::make_unique<ProcessTape>(path, meta, header, pid,
                                                process.started.load(std::memory_order_relaxed), clock_, writer);
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

  void collect_counts() {
    SessionDirectory& directory = session_->directory();
    unrecorded_.all += directory.images_refused.exchange(0, std::memory_order_relaxed);
    ignored_.all += directory.images_ignored.exchange(0, std::memory_order_relaxed);
    for (auto& image : images_) ignored_.all += image->take_ignored_forks();
  }

  // The session's counts are told by the command's own tape; once that has ended, or while it has none, by whichever
  // ends next.
  void about_to_end(const ProcessTape& tape, std::uint32_t pid, Ending ending, Ledger& ledger) override {
    if (pid != 0 && ending.kind != EndKind::execed) numbers_.note_end(pid, tape.number());
    if (own_tape_ != nullptr && own_tape_ != &tape) return;
    collect_counts();
    ledger[Loss::unrecorded_images] += unrecorded_.take_untold();
    ledger[Loss::ignored_images] += ignored_.take_untold();
  }

  void finish_images() {
    for (auto& image : images_) image->look_for_gone(endings_);
    take_images();  // what is gone by now may have become another image before
    for (auto image = images_.begin(); image != images_.end();) {
      (*image)->finish_gone();
      if (!own_figures_ && own_tape_ != nullptr && own_tape_->finished()) keep_own_figures();
      if ((*image)->is_over()) ignored_.all += (*image)->take_ignored_forks();
      image = (*image)->is_over() ? images_.erase(image) : std::next(image);
    }
  }

  void keep_own_figures() {
    const TapeWriter& writer = own_tape_->writer();
    Report report{.kind = Report::Kind::finished, .recorded = true, .events = writer.events(), .bytes = writer.bytes()};
    for (int i = 0; i < kLosses; ++i)
      if (is_damage(static_cast<Loss>(i))) report.lost += own_tape_->ledger()[static_cast<Loss>(i)];
    copy(report.text, writer.error());
    own_figures_ = report;
    own_tape_ = nullptr;
  }

  void report_end() {
    if (own_tape_ != nullptr) return;  // its tape is not whole yet
    Report report = own_figures_.value_or(Report{.kind = Report::Kind::finished});
    report.pid = static_cast<pid_t>(root_);
    report.status = endings_.status_of(root_).value_or(0);
    collect_counts();
    report.tapes = other_tapes_;
    report.ignored = ignored_.all;
    report.unrecorded = lost_tapes_ + unrecorded_.all;
    copy(report.path, names_->own());
    strncpy(report.own_malloc, own_malloc_.c_str(), sizeof report.own_malloc - 1);
    if (!report.recorded) reserved_.remove();
    if (report.text[0] == '\0') copy(report.text, error_);
    starter_.finish(report);
  }

  // Sleeps until there may be something to do. Lanes ring no bell: they are looked at every
  // millisecond while events come in.
  void rest(std::size_t records) {
    bool pressed = false;
    for (auto& image : images_) pressed = pressed || image->is_pressed();
    if (pressed && records != 0) return;
    auto& doorbell = session_->directory().doorbell;
    const std::uint32_t rung = doorbell.load(std::memory_order_acquire);
    if (rung != rung_) {  // since the last rest: look once more
      rung_ = rung;
      return;
    }
    const std::uint64_t now = clock_.monotonic_ns(UINT64_MAX);
    if (records != 0) busy_at_ = now;
    const bool idle = now - busy_at_ > kIdleAfterNs;
    const timespec limit{.tv_sec = 0, .tv_nsec = idle ? 10'000'000 : records != 0 || pressed ? 1'000'000 : 5'000'000};
    syscall(SYS_futex, &doorbell, FUTEX_WAIT, rung, &limit, nullptr, 0);
  }

  const RecordOptions& options_;
  std::string library_;
  Starter& starter_;
  const ImageFilter filter_;
  std::uint32_t root_ = 0;          // pid of the command, or of the program served
  std::optional<Command> command_;  // empty: a program is served
  std::optional<Session> session_;
  std::optional<Door> door_;
  Clock clock_;
  std::optional<TapeNames> names_;
  ReservedTape reserved_;
  std::list<std::unique_ptr<ImageDrain>> images_;
  Endings endings_;
  SessionCount unrecorded_, ignored_;  // program images
  ProcessTape* own_tape_ = nullptr;    // the command's first image, while it is open
  std::optional<Report> own_figures_;
  std::string error_;
  std::string own_malloc_;  // the first program that brings its own malloc
  std::uint64_t sampled_at_ = 0, named_at_ = 0, busy_at_ = 0;
  std::size_t images_wanted_ = kImagesReady;
  std::uint64_t lost_tapes_ = 0;  // that could not be made
  std::uint32_t other_tapes_ = 0;
  std::uint32_t last_number_ = 0;  // of a tape
  TapeNumbers numbers_;
  std::uint32_t rung_ = 0;
  bool descendants_are_gone_ = false;
};

}  // namespace

void run_drain(const RecordOptions& options, const std::string& library, int report) {
  Starter starter(Starter::Kind::launcher, report);
  int status = 1;
  try {
    status = Drain(options, library, starter).run();
  } catch (const std::exception& error) {
    starter.fail(125, error.what());
  }
  _exit(status);
}

void serve_program(const RecordOptions& options, std::uint32_t program, int answer) {
  Starter starter(Starter::Kind::program, answer);
  int status = 1;
  try {
    status = Drain(options, "", starter).serve(program);
  } catch (const std::exception& error) {
    starter.fail(125, error.what());
  }
  _exit(status);
}

}  // namespace heaptape
