// Whoever started the drain and waits for word of it: the launcher, or a program that records itself.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "recorder/drain/report.h"

namespace heaptape {

// Nothing is sent once the last word is said: the pipe is closed then, and its number may be a tape's.
class Starter {
 public:
  enum class Kind : std::uint8_t { launcher, program };
  // In the starter's child (a launcher's), before it has other parents. `pipe` is ours from now on.
  Starter(Kind kind, int pipe);
  ~Starter();
  Starter(const Starter&) = delete;
  Starter& operator=(const Starter&) = delete;

  bool is_launcher() const { return kind_ == Kind::launcher; }
  // Whether it has not had the last word yet.
  bool waits() const { return pipe_ >= 0; }

  // To a launcher: whom to send signals to.
  void command_runs_as(pid_t pid);
  // A launcher stops with its command, for a shell to see. Who continues the command, or ends it, may not know of it.
  void command_stopped(bool stopped);

  // The last word: recording can't start, with an exit status and a sentence; a launcher's command has ended; a program
  // may join here. False: it is gone.
  void fail(int status, const std::string& sentence);
  void finish(const Report& report);
  bool invite(const std::string& session);

 private:
  bool say(const void* word, std::size_t bytes) const;
  void hang_up();

  Kind kind_;
  int pipe_;
  int process_ = -1;  // the launcher's pidfd
  bool stopped_ = false;
};

}  // namespace heaptape
