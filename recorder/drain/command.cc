#include "recorder/drain/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <system_error>

namespace heaptape {
namespace {

// Entries of the environment, each terminated, up to the end of the pipe. Empty: abandoned.
std::string read_all(int gate) {
  std::string all;
  char some[512];
  for (ssize_t bytes; (bytes = ::read(gate, some, sizeof some)) > 0;) all.append(some, static_cast<std::size_t>(bytes));
  return all;
}

[[noreturn]] void become(const std::vector<std::string>& argv, const std::vector<int>& closed, int gate, int result) {
  std::string environment = read_all(gate);
  if (environment.empty()) _exit(0);
  for (std::size_t at = 0; at < environment.size(); at += strlen(&environment[at]) + 1) putenv(&environment[at]);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  for (const int number : closed) close(number);
  execvp(arguments[0], arguments.data());
  const int reason = errno;
  [[maybe_unused]] const ssize_t told = write(result, &reason, sizeof reason);
  _exit(127);
}

}  // namespace

std::string preload_first(const std::string& library) {
  const char* others = getenv("LD_PRELOAD");
  const std::string value = "LD_PRELOAD=" + library;
  if (others == nullptr || others[0] == '\0') return value;
  const std::string list = std::string(":") + others + ":";
  return list.find(":" + library + ":") == std::string::npos ? value + ":" + others
                                                             : std::string("LD_PRELOAD=") + others;
}

Command::Command(const std::vector<std::string>& argv, const std::vector<int>& closed) {
  int gate[2], result[2];
  if (pipe2(gate, O_CLOEXEC) != 0 || pipe2(result, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "can't make a pipe");
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "can't fork");
  if (pid_ == 0) {
    close(gate[1]);
    close(result[0]);
    become(argv, closed, gate[0], result[1]);
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

int Command::go(const std::vector<std::string>& environment) {
  std::string all;
  for (const std::string& entry : environment) all += entry + '\0';
  const bool told = write(gate_, all.data(), all.size()) == static_cast<ssize_t>(all.size());
  close(gate_);
  gate_ = -1;
  int reason = 0;
  if (!told || ::read(result_, &reason, sizeof reason) != sizeof reason) return 0;
  waitpid(pid_, nullptr, 0);
  return reason;
}

void Command::abandon() {
  close(gate_);
  gate_ = -1;
  waitpid(pid_, nullptr, 0);
}

}  // namespace heaptape
