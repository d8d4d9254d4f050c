// A process that shares the launcher's group and does nothing but receive its signals. What it has got too was sent to
// the whole group, and so has reached the command already.
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace heaptape {

class Witness {
 public:
  // Forks it. `signals` are blocked in the caller. Where that fails nothing is ever witnessed.
  explicit Witness(const sigset_t& signals);
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  // Whether the group has had this signal, which the caller has just got. Each is told once.
  bool has_had(int number);

 private:
  pid_t pid_ = -1;
  int orders_ = -1;   // numbers of signals that it is to forget
  int answers_ = -1;  // one byte for each
};

}  // namespace heaptape
