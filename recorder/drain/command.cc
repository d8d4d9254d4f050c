#include "recorder/drain/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <system_error>

namespace heaptape {
namespace {

[[noreturn]] void become(const std::vector<std::string>& argv, const std::vector<std::string>& environment, int gate,
                         int result) {
  char go;
  if (read(gate, &go, 1) != 1) _exit(0);  // abandoned
  for (const std::string& entry : environment) putenv(const_cast<char*>(entry.c_str()));
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  const int reason = errno;
  [[maybe_unused]] const ssize_t told = write(result, &reason, sizeof reason);
  _exit(127);
}

}  // namespace

Command::Command(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  int gate[2], result[2];
  if (pipe2(gate, O_CLOEXEC) != 0 || pipe2(result, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "can't make a pipe");
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "can't fork");
  if (pid_ == 0) {
    close(gate[1]);
    close(result[0]);
    become(argv, environment, gate[0], result[1]);
  }
  close(gate[0]);
  close(result[1]);
  gate_ = gate[1];
  result_ = result[0];
}

Command::~Command() {
  if (gate_ >= 0) close(gate_);
  if (result_ >= 0) close(result_);
}

int Command::go() {
  int reason = 0;
  if (write(gate_, "g", 1) != 1 || read(result_, &reason, sizeof reason) != sizeof reason) return 0;
  waitpid(pid_, nullptr, 0);
  return reason;
}

void Command::abandon() {
  close(gate_);
  gate_ = -1;
  waitpid(pid_, nullptr, 0);
}

}  // namespace heaptape
