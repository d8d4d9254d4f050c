#include "recorder/drain/starter.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace heaptape {

Starter::Starter(Kind kind, int pipe) : kind_(kind), pipe_(pipe) {
  if (is_launcher()) process_ = static_cast<int>(syscall(SYS_pidfd_open, getppid(), 0));
}

Starter::~Starter() {
  hang_up();
  if (process_ >= 0) close(process_);
}

void Starter::command_runs_as(pid_t pid) {
  const Report report{.kind = Report::Kind::started, .pid = pid};
  say(&report, sizeof report);
}

void Starter::command_stopped(bool stopped) {
  if (!is_launcher() || !waits()) return;
  syscall(SYS_pidfd_send_signal, process_, stopped ? SIGSTOP : SIGCONT, nullptr, 0);
  stopped_ = stopped;
}

void Starter::fail(int status, const std::string& sentence) {
  if (is_launcher()) {
    Report report{.kind = Report::Kind::failed, .status = status};
    strncpy(report.text, sentence.c_str(), sizeof report.text - 1);
    finish(report);
  } else {
    const std::string word = '!' + sentence;
    say(word.data(), word.size());
    hang_up();
  }
}

void Starter::finish(const Report& report) {
  say(&report, sizeof report);
  if (stopped_) command_stopped(false);
  hang_up();
}

bool Starter::invite(const std::string& session) {
  const bool said = say(session.data(), session.size());
  hang_up();
  return said;
}

bool Starter::say(const void* word, std::size_t bytes) const {
  return waits() && write(pipe_, word, bytes) == static_cast<ssize_t>(bytes);
}

void Starter::hang_up() {
  if (waits()) close(pipe_);
  pipe_ = -1;
}

}  // namespace heaptape
