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
#include "recorder/drain/session.h"
#include "recorder/drain/session_tapes.h"
#include "recorder/drain/starter.h"
#include "recorder/drain/steering.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSampleEveryNs = 10'000'000;
constexpr std::uint64_t kSamplePausedEveryNs = 1'000'000'000;
constexpr std::uint64_t kNamesEveryNs = 100'000'000;
constexpr std::size_t kImagesReady = 4;       // to begin with
constexpr std::size_t kMostImagesReady = 12;  // once a round has seen them all claimed
constexpr std::uint64_t kIdleAfterNs = 100'000'000;
constexpr std::uint64_t kLongestStartNs = 10'000'000'000;  // until a program that is served has joined

std::atomic<std::uint32_t>* bell = nullptr;
void on_child(int) {
  if (bell != nullptr) bell->fetch_add(1, std::memory_order_release);
}

class Drain {
 public:
  Drain(const RecordOptions& options, std::string library, Starter& starter)
      : options_(options),
        launcher_(starter.is_launcher() ? static_cast<std::uint32_t>(getppid()) : 0),
        library_(std::move(library)),
        starter_(starter),
        filter_(options.process) {}

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
    steering_->begin();
    const bool joins = starter_.invite(session_->name());
    const std::uint64_t began = clock_.monotonic_ns(UINT64_MAX);
    for (;;) {
      const std::size_t records = round();
      const bool may_come = joins && !tapes_->any_came() && running >= 0 && !is_dead(running) &&
                            clock_.monotonic_ns(UINT64_MAX) - began < kLongestStartNs;
      if (images_.empty() && !may_come && session_->close_doors()) break;
      rest(records);
    }
    if (!tapes_->has_own_figures()) tapes_->remove_reserved();
    return 0;
  }

 private:
  bool open_session() {
    tapes_.emplace(options_, root_, images_, clock_);
    std::string why_not;
    const int status = tapes_->reserve(!starter_.is_launcher(), why_not);
    if (status != 0) return fail(status, why_not);
    try {
      session_.emplace(options_, SessionNotes{.own = fs::absolute(tapes_->own_path()).string(),
                                              .program = fs::path(options_.command[0]).filename().string(),
                                              .pid = root_});
      if (!options_.follow_children) session_->admit_only(root_);
      session_->make_ready(1);
    } catch (const std::system_error&) {
      tapes_->remove_reserved();
      throw;
    }
    steering_.emplace(options_, *session_, clock_,
                      SessionFacts{.launcher = launcher_, .command = root_, .own_tape = tapes_->own_path()});
    tapes_->begin(*session_, steering_->log());
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
      steering_->begin();
      if (options_.force) tapes_->remove_family();
      return true;
    }
    tapes_->remove_reserved();
    const bool absent = reason == ENOENT;
    return fail(absent ? 127 : 126, fmt::format("'{}' {}: {}", options_.command[0],
                                                absent ? "was not found" : "can't be run", strerror(reason)));
  }

  std::size_t round() {
    make_mappings_ready();
    tapes_->count_unrecorded(door_->answer(*session_));
    // Deaths first: what the dead have claimed and committed is read after they are known to be dead. Deaths that
    // are noticed later in this round end nothing but tapes.
    descendants_are_gone_ = endings_.reap();
    if (const auto stopped = endings_.take_stop(root_)) starter_.command_stopped(*stopped);
    const bool command_ended = endings_.status_of(root_).has_value();
    take_images();
    steering_->act(images_);
    const std::uint64_t until = clock_.tick();
    const std::uint64_t now = clock_.monotonic_ns(UINT64_MAX);
    std::size_t records = 0;
    for (auto& image : images_) records += image->drain(until);
    steering_->answer(images_);
    if (now - sampled_at_ >= (steering_->paused() ? kSamplePausedEveryNs : kSampleEveryNs)) {
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
    for (auto& mapping : claimed) images_.push_back(std::make_unique<ImageDrain>(std::move(mapping), *tapes_, clock_));
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
    tapes_->count_ignored(std::erase_if(images_, is_left_out));
  }

  void finish_images() {
    for (auto& image : images_) image->look_for_gone(endings_);
    take_images();  // what is gone by now may have become another image before
    for (auto image = images_.begin(); image != images_.end();) {
      (*image)->finish_gone();
      tapes_->keep_own_figures();
      if ((*image)->is_over()) tapes_->count_ignored((*image)->take_ignored_forks());
      image = (*image)->is_over() ? images_.erase(image) : std::next(image);
    }
  }

  void report_end() {
    if (const auto report = tapes_->report(endings_.status_of(root_).value_or(0))) starter_.finish(*report);
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
  const std::uint32_t launcher_;  // pid; 0: a program is served
  std::string library_;
  Starter& starter_;
  const ImageFilter filter_;
  std::uint32_t root_ = 0;          // pid of the command, or of the program served
  std::optional<Command> command_;  // empty: a program is served
  std::optional<Session> session_;
  std::optional<Door> door_;
  Clock clock_;
  Images images_;
  std::optional<SessionTapes> tapes_;
  std::optional<Steering> steering_;
  Endings endings_;
  std::uint64_t sampled_at_ = 0, named_at_ = 0, busy_at_ = 0;
  std::size_t images_wanted_ = kImagesReady;
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
