// Starts the command, held back until its tape can be written.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace heaptape {

// A forked child in the launcher's process group that will exec the command when it is let go.
class Command {
 public:
  // `closed`: descriptors to close in it. Throws std::system_error if fork fails.
  Command(const std::vector<std::string>& argv, const std::vector<int>& closed);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  pid_t pid() const { return pid_; }
  // Lets it exec, with these NAME=VALUE entries in its environment. Answers 0, or the errno of the exec that failed;
  // the child is gone then.
  int go(const std::vector<std::string>& environment);
  // Ends the child without running the command.
  void abandon();

 private:
  pid_t pid_ = -1;
  int gate_ = -1;    // write end: the environment lets the child go
  int result_ = -1;  // read end: errno of a failed exec, or closed by a good one
};

// LD_PRELOAD=… with this library; what else is preloaded keeps its place behind it.
std::string preload_first(const std::string& library);

}  // namespace heaptape
