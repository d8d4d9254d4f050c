#include "recorder/launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "recorder/drain/drain.h"
#include "recorder/drain/report.h"
#include "recorder/launcher/available_memory.h"
#include "recorder/launcher/program_check.h"
#include "recorder/launcher/witness.h"
#include "recorder/recover/orphans.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr int kOwnFailure = 125;

int complain(int status, const std::string& sentence) {
  fprintf(stderr, "heaptape: %s\n", sentence.c_str());
  return status;
}

// A preload library, beside this executable as installed or as built.
std::string find_library(const std::string& name) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"../" HEAPTAPE_LIBDIR, "../recorder", "."}) {
    const fs::path candidate = (folder / place / name).lexically_normal();
    if (fs::exists(candidate, error)) return candidate.string();
  }
  return "";
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return fmt::format("{:.1f} {}", value, unit);
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

// A buffer below this makes programs wait for the drain sooner than they usually do.
constexpr std::uint64_t kSmallBuffer = 64u << 20;

void print_closing_line(const Report& report, const RecordOptions& options) {
  std::string line;
  if (report.recorded) {
    line = fmt::format("{} events, {} in {}", grouped(report.events), human_bytes(report.bytes), report.path);
    line +=
        report.lost == 0 ? "; nothing lost" : fmt::format("; {} lost (see 'heaptape summary')", grouped(report.lost));
    if (report.left_out != 0)
      line += fmt::format("; {} {} left out, as asked", grouped(report.left_out),
                          report.left_out == 1 ? "allocation" : "allocations");
  } else if (report.ignored != 0) {
    line = "the command itself was left out, as asked";
  } else {
    line =
        "nothing recorded: the command never loaded the recorder (it may be static, set its own environment, or have "
        "died before it began)";
  }
  if (report.tapes != 0)
    line +=
        fmt::format("; {} more {} beside it from child processes", report.tapes, report.tapes == 1 ? "tape" : "tapes");
  if (report.ignored != 0 && report.recorded)
    line += fmt::format("; {} {} left out, as asked", report.ignored, report.ignored == 1 ? "process" : "processes");
  if (report.unrecorded != 0)
    line += fmt::format("; {} program {} could not be recorded", report.unrecorded,
                        report.unrecorded == 1 ? "image" : "images");
  if (report.own_malloc[0] != '\0')
    line += fmt::format(
        "; '{}' brings its own malloc, so its allocations are not seen (build it against the system's, or with its "
        "allocator as a shared library)",
        report.own_malloc);
  if (options.buffer_is_automatic && options.buffer_bytes < kSmallBuffer)
    line += fmt::format("; --buffer auto chose {}, as little memory is available", human_bytes(options.buffer_bytes));
  if (report.text[0] != '\0') line += fmt::format("; {}", report.text);
  fprintf(stderr, "heaptape: %s\n", line.c_str());
}

// Ends as the command ended.
int end_like(int status) {
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  const int number = WTERMSIG(status);
  const rlimit none{0, 0};  // its core is the command's to write
  setrlimit(RLIMIT_CORE, &none);
  signal(number, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  sigprocmask(SIG_UNBLOCK, &one, nullptr);
  raise(number);
  return 128 + number;
}

// Signals that ask something of the command. Of those that stop us, the drain sees what they did to it.
sigset_t forwarded_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT})
    sigaddset(&set, number);
  return set;
}

bool is_stopped(pid_t command) {
  std::ifstream file(fmt::format("/proc/{}/stat", command));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  return name_end != std::string::npos && line.compare(name_end, 3, ") T") == 0;
}

// What was sent to our whole group, by the terminal or by anyone, the command has had; the rest is meant for it.
void forward(int signals, pid_t command, Witness& witness) {
  signalfd_siginfo info;
  if (::read(signals, &info, sizeof info) != sizeof info || command <= 0) return;
  const int number = static_cast<int>(info.ssi_signo);
  const bool of_group = witness.has_had(number);
  const bool from_kernel = info.ssi_code > 0;
  const bool from_command = static_cast<pid_t>(info.ssi_pid) == command;
  if (of_group || from_kernel || from_command || (number == SIGCONT && !is_stopped(command))) return;
  kill(command, number);
}

// The command goes on without a drain, as our child now; so do we, for as long as it runs. Answers its wait status;
// none if it was gone before us.
std::optional<int> outlive(pid_t drain, pid_t command, int signals, Witness& witness) {
  waitpid(drain, nullptr, 0);  // its children are ours from the moment that it is gone for good
  const auto ended = [command](int options) -> std::optional<int> {
    int status;
    return waitpid(command, &status, options) == command ? std::optional(status) : std::nullopt;
  };
  const int running = static_cast<int>(syscall(SYS_pidfd_open, command, 0));
  if (running < 0) return ended(WNOHANG);
  for (;;) {
    pollfd wait_for[] = {{.fd = running, .events = POLLIN, .revents = 0},
                         {.fd = signals, .events = POLLIN, .revents = 0}};
    if (poll(wait_for, 2, -1) < 0) continue;
    if ((wait_for[1].revents & POLLIN) != 0) forward(signals, command, witness);
    if (wait_for[0].revents != 0) break;
  }
  close(running);
  return ended(0);
}

// Waits for the drain's last word. Empty: the drain died; `status` is then the command's, if it came to run. Signals
// that come before the command is known wait for it.
std::optional<Report> wait_for_report(int reports, int signals, pid_t drain, Witness& witness,
                                      std::optional<int>& status) {
  pid_t command = 0;
  for (;;) {
    pollfd wait_for[] = {{.fd = reports, .events = POLLIN, .revents = 0},
                         {.fd = signals, .events = POLLIN, .revents = 0}};
    if (poll(wait_for, command == 0 ? 1 : 2, -1) < 0) continue;
    if (command != 0 && (wait_for[1].revents & POLLIN) != 0) forward(signals, command, witness);
    if (wait_for[0].revents == 0) continue;
    Report report;
    const ssize_t bytes = ::read(reports, &report, sizeof report);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes != sizeof report) {
      if (command != 0) status = outlive(drain, command, signals, witness);
      return std::nullopt;
    }
    if (report.kind != Report::Kind::started) return report;
    command = report.pid;
  }
}

void name_orphans() {
  const std::size_t count = count_orphans();
  if (count != 0)
    complain(0,
             fmt::format("{} earlier {} cut off; 'heaptape recover' makes {} whole", count,
                         count == 1 ? "recording was" : "recordings were", count == 1 ? "its tapes" : "their tapes"));
}

// Descriptors 0 to 2 that are closed, now occupied, so that none of ours gets their numbers.
std::vector<int> occupy_closed() {
  std::vector<int> closed;
  for (int number = 0; number <= 2; ++number)
    if (fcntl(number, F_GETFD) < 0 && open("/dev/null", O_RDWR) == number) closed.push_back(number);
  return closed;
}

}  // namespace

int launch(RecordOptions options) {
  options.closed = occupy_closed();
  if (options.buffer_is_automatic) options.buffer_bytes = automatic_buffer(available_memory());
  const std::string name = asks_for_extended_names(options.command[0]) ? "libheaptape-extended.so" : "libheaptape.so";
  const std::string library = find_library(name);
  if (library.empty()) return complain(kOwnFailure, name + " is missing beside this program; install heaptape again");
  if (library.find_first_of(" :") != std::string::npos)
    return complain(
        kOwnFailure,
        fmt::format("'{}' can't be preloaded, since its path has a space or colon in it; install heaptape elsewhere",
                    library));
  const std::string reason = why_not_recordable(options.command[0]);
  if (!reason.empty()) return complain(kOwnFailure, reason);
  name_orphans();
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0)
    return complain(kOwnFailure, fmt::format("can't make a pipe: {}", strerror(errno)));
  fflush(nullptr);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // should the drain die, the command is ours to wait for
  // Before the command could stop us: a signal that goes on with us would be lost.
  const sigset_t forwarded = forwarded_signals();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &forwarded, &before);
  const pid_t drain = fork();
  if (drain < 0) return complain(kOwnFailure, fmt::format("can't fork: {}", strerror(errno)));
  if (drain == 0) {
    sigprocmask(SIG_SETMASK, &before, nullptr);
    close(pipe_ends[0]);
    run_drain(options, library, pipe_ends[1]);
  }
  close(pipe_ends[1]);
  const int signals = signalfd(-1, &forwarded, SFD_CLOEXEC);
  Witness witness(forwarded);
  std::optional<int> status;
  const std::optional<Report> report = wait_for_report(pipe_ends[0], signals, drain, witness, status);
  if (!report) {
    complain(kOwnFailure, count_orphans() != 0
                              ? "the drain died while recording, and the tape ends where it stopped; 'heaptape "
                                "recover' makes it whole"
                              : "the drain died while recording, and the tape ends where it stopped; its shared memory "
                                "was no file, so that 'heaptape recover' can but keep what the tape has");
    return status ? end_like(*status) : kOwnFailure;
  }
  if (report->kind == Report::Kind::failed) return complain(report->status, report->text);
  print_closing_line(*report, options);
  return end_like(report->status);
}

}  // namespace heaptape
