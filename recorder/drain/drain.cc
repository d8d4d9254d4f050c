#include "recorder/drain/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fmt/format.h>

#include <filesystem>
#include <list>
#include <map>
#include <optional>
#include <system_error>

#include "recorder/drain/command.h"
#include "recorder/drain/detach.h"
#include "recorder/drain/image_drain.h"
#include "recorder/drain/proc.h"
#include "recorder/drain/report.h"
#include "recorder/drain/session.h"
#include "recorder/drain/steering.h"
#include "recorder/drain/tape_names.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSampleEveryNs = 10'000'000;
constexpr std::uint64_t kSamplePausedEveryNs = 1'000'000'000;
constexpr std::uint64_t kNamesEveryNs = 100'000'000;
constexpr std::size_t kImagesReady = 4;       // to begin with
constexpr std::size_t kMostImagesReady = 12;  // once a round has seen them all claimed
constexpr std::uint64_t kIdleAfterNs = 100'000'000;
constexpr std::uint32_t kClockStepNs = 10'000;

std::atomic<std::uint32_t>* bell = nullptr;
void on_child(int) {
  if (bell != nullptr) bell->fetch_add(1, std::memory_order_release);
}

void copy(char (&to)[1024], const std::string& text) { strncpy(to, text.c_str(), sizeof to - 1); }

class Drain {
 public:
  Drain(const RecordOptions& options, std::string library, int report)
      : options_(options), library_(std::move(library)), report_(report), command_(options.command, options.closed) {}

  // Answers the drain's exit status.
  int run() {
    detach();
    names_.emplace(options_.output, fs::path(options_.command[0]).filename().string(),
                   static_cast<std::uint32_t>(command_.pid()));
    if (!reserve_output()) {
      command_.abandon();
      return 1;
    }
    session_.emplace(options_);
    steering_.emplace(
        options_, *session_, clock_,
        SessionFacts{
            .launcher = launcher_, .command = static_cast<std::uint32_t>(command_.pid()), .own_tape = names_->own()});
    session_->make_ready(1);
    if (!start_command()) return 1;
    for (;;) {
      const std::size_t records = round();
      if (descendants_are_gone_ && images_.empty()) return 0;
      rest(records);
    }
  }

 private:
  bool start_command() {
    signal(SIGCHLD, on_child);
    bell = &session_->directory().doorbell;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    // The launcher must know whom to signal before the command runs.
    send({.kind = Report::Kind::started, .pid = command_.pid()});
    const int reason = command_.go({preload(), fmt::format("{}={}", kSessionVariable, session_->folder())});
    steering_->begin();
    if (reason == 0) {
      if (options_.force) names_->remove_family();
      return true;
    }
    release_output();
    const bool absent = reason == ENOENT;
    return fail(absent ? 127 : 126, fmt::format("'{}' {}: {}", options_.command[0],
                                                absent ? "was not found" : "can't be run", strerror(reason)));
  }

  // Other preloads keep their place behind ours.
  std::string preload() const {
    const char* others = getenv("LD_PRELOAD");
    std::string value = "LD_PRELOAD=" + library_;
    if (others == nullptr || others[0] == '\0') return value;
    const std::string list = std::string(":") + others + ":";
    return list.find(":" + library_ + ":") == std::string::npos ? value + ":" + others
                                                                : fmt::format("LD_PRELOAD={}", others);
  }

  // Makes sure that the tape can be written before anything runs. An earlier tape is left as it is until
  // the new one begins.
  bool reserve_output() {
    const std::string& path = names_->own();
    std::error_code failed;  // shows when the file is opened
    if (!options_.output.empty() && options_.output.back() == '/') fs::create_directories(options_.output, failed);
    int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    made_output_ = file >= 0;
    if (file < 0 && errno == EEXIST) {
      if (!options_.force)
        return fail(2, fmt::format("'{}' exists; choose another name with -o, or give --force to replace it", path));
      file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    }
    if (file < 0)
      return fail(125,
                  fmt::format("can't write the tape '{}': {}; choose another place with -o", path, strerror(errno)));
    close(file);
    return true;
  }

  // Nothing came to be written.
  void release_output() const {
    if (made_output_) unlink(names_->own().c_str());
  }

  std::size_t round() {
    make_mappings_ready();
    // Deaths first: what the dead have claimed and committed is read after they are known to be dead. Deaths that
    // are noticed later in this round end nothing but tapes.
    descendants_are_gone_ = reap();
    const bool command_ended = endings_.contains(static_cast<std::uint32_t>(command_.pid()));
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
    if (command_ended && !reported_) report_end();
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
    const auto make = [this](const MappingHeader& header, const ProcessEntry& process, std::uint32_t pid, bool forked) {
      return make_tape(header, process, pid, forked);
    };
    auto claimed = session_->take_claimed();
    if (claimed.size() + 1 >= images_wanted_) images_wanted_ = kMostImagesReady;
    for (auto& mapping : claimed)
      images_.push_back(std::make_unique<ImageDrain>(std::move(mapping), session_->directory(), make, clock_));
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
  }

  std::unique_ptr<ProcessTape> make_tape(const MappingHeader& header, const ProcessEntry& process, std::uint32_t pid,
                                         bool forked) {
    Meta meta;
    meta.pid = process.pid.load(std::memory_order_relaxed);
    const std::string path = names_->next(meta.pid, meta.image);
    meta.program = std::string(header.executable, strnlen(header.executable, sizeof header.executable));
    const std::string arguments(header.arguments,
                                std::min<std::size_t>(header.arguments_bytes, sizeof header.arguments));
    for (std::size_t at = 0; at < arguments.size();) {
      const std::size_t end = std::min(arguments.find('\0', at), arguments.size());
      meta.arguments.push_back(arguments.substr(at, end - at));
      at = end + 1;
    }
    meta.host = host_name();
    meta.recorder = "heaptape " HEAPTAPE_VERSION;
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    meta.started_unix_ns =
        static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
    meta.parent_pid = process.parent.load(std::memory_order_relaxed);
    meta.clock_step_ns = kClockStepNs;
    meta.forked = forked;
    meta.own_malloc = header.own_malloc != 0;
    if (meta.own_malloc && own_malloc_.empty()) own_malloc_ = meta.program;
    // The command's own name was reserved before it started.
    const bool own = path == names_->own();
    try {
      auto tape = std::make_unique<ProcessTape>(
          path, meta, header, pid, process.started.load(std::memory_order_relaxed), clock_, steering_->log(),
          WriterOptions{.overwrite = own || options_.force, .keep_bytes = options_.keep_bytes});
      if (own)
        own_tape_ = tape.get();
      else
        ++other_tapes_;
      return tape;
    } catch (const std::exception& error) {
      ++lost_tapes_;
      if (error_.empty()) error_ = error.what();
      return nullptr;
    }
  }

  // Answers whether there are no descendants left.
  bool reap() {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) endings_[static_cast<std::uint32_t>(pid)] = status;
    return pid < 0 && errno == ECHILD;
  }

  std::optional<Ending> ending_of(std::uint32_t pid) {
    reap();  // it may have ended since
    const auto known = endings_.find(pid);
    if (known == endings_.end()) return std::nullopt;
    const int status = known->second;
    if (WIFSIGNALED(status)) return Ending{.kind = EndKind::signaled, .status = WTERMSIG(status)};
    return Ending{.kind = EndKind::exited, .status = WEXITSTATUS(status)};
  }

  void finish_images() {
    for (auto& image : images_) image->look_for_gone([this](std::uint32_t pid) { return ending_of(pid); });
    take_images();  // what is gone by now may have become another image before
    for (auto image = images_.begin(); image != images_.end();) {
      (*image)->finish_gone();
      if (!own_figures_ && own_tape_ != nullptr && own_tape_->finished()) keep_own_figures();
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
    report.pid = command_.pid();
    report.status = endings_.at(static_cast<std::uint32_t>(command_.pid()));
    report.tapes = other_tapes_;
    report.unrecorded = lost_tapes_ + session_->directory().images_refused.load(std::memory_order_relaxed);
    copy(report.path, names_->own());
    strncpy(report.own_malloc, own_malloc_.c_str(), sizeof report.own_malloc - 1);
    if (!report.recorded) release_output();
    if (report.text[0] == '\0') copy(report.text, error_);
    send(report);
    close(report_);
    reported_ = true;
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

  void send(const Report& report) { [[maybe_unused]] const ssize_t sent = write(report_, &report, sizeof report); }

  bool fail(int status, const std::string& sentence) {
    Report report{.kind = Report::Kind::failed, .status = status};
    copy(report.text, sentence);
    send(report);
    return false;
  }

  const RecordOptions& options_;
  const std::uint32_t launcher_ = static_cast<std::uint32_t>(getppid());
  std::string library_;
  int report_;
  Command command_;
  std::optional<Session> session_;
  Clock clock_;
  std::optional<TapeNames> names_;
  std::optional<Steering> steering_;  // after the session, whose folder it uses
  Images images_;
  std::map<std::uint32_t, int> endings_;  // wait status of children, by pid
  ProcessTape* own_tape_ = nullptr;       // the command's first image, while it is open
  std::optional<Report> own_figures_;
  std::string error_;
  std::string own_malloc_;  // the first program that brings its own malloc
  std::uint64_t sampled_at_ = 0, named_at_ = 0, busy_at_ = 0;
  std::size_t images_wanted_ = kImagesReady;
  std::uint64_t lost_tapes_ = 0;  // that could not be made
  std::uint32_t other_tapes_ = 0;
  std::uint32_t rung_ = 0;
  bool made_output_ = false;
  bool descendants_are_gone_ = false, reported_ = false;
};

}  // namespace

void run_drain(const RecordOptions& options, const std::string& library, int report) {
  int status = 1;
  try {
    status = Drain(options, library, report).run();
  } catch (const std::exception& error) {
    Report failure{.kind = Report::Kind::failed, .status = 125};
    copy(failure.text, error.what());
    [[maybe_unused]] const ssize_t sent = write(report, &failure, sizeof failure);
  }
  _exit(status);
}

}  // namespace heaptape
