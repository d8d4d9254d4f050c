#include "recorder/launcher/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fmt/format.h>

#include <fstream>
#include <string>

namespace heaptape {
namespace {

// The signals stay pending until they are asked for: so nothing depends on when this process gets to run.
[[noreturn]] void stand_by(int orders, int answers) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unsigned char number;
  while (::read(orders, &number, 1) == 1) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    const timespec now{};
    while (sigtimedwait(&one, nullptr, &now) > 0) {
    }
    if (write(answers, &number, 1) != 1) break;
  }
  _exit(0);
}

bool is_pending(pid_t pid, int number) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);)
    if (line.rfind("ShdPnd:", 0) == 0) return (std::stoull(line.substr(7), nullptr, 16) >> (number - 1) & 1) != 0;
  return false;
}

}  // namespace

Witness::Witness(const sigset_t& signals) {
  int orders[2], answers[2];
  if (pipe2(orders, O_CLOEXEC) != 0) return;
  if (pipe2(answers, O_CLOEXEC) != 0) {
    close(orders[0]);
    close(orders[1]);
    return;
  }
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  pid_ = fork();
  if (pid_ == 0) {
    close(orders[1]);
    close(answers[0]);
    stand_by(orders[0], answers[1]);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  close(orders[0]);
  close(answers[1]);
  orders_ = orders[1];
  answers_ = answers[0];
}

Witness::~Witness() {
  if (orders_ >= 0) close(orders_);
  if (answers_ >= 0) close(answers_);
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool Witness::has_had(int number) {
  if (pid_ <= 0) return false;
  // The kernel gives a group's signal to one member after the other, without a pause.
  const timespec moment{.tv_sec = 0, .tv_nsec = 2'000'000};
  nanosleep(&moment, nullptr);
  if (!is_pending(pid_, number)) return false;
  auto order = static_cast<unsigned char>(number);
  if (write(orders_, &order, 1) == 1)
    while (::read(answers_, &order, 1) < 0 && errno == EINTR) {
    }
  return true;
}

}  // namespace heaptape
