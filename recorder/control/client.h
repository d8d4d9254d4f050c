// The other end of a drain's control socket: finds running sessions and asks them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "recorder/control/message.h"

namespace heaptape {

struct RunningSession {
  std::string socket;  // its name
  SessionStatus status;
};

struct Sessions {
  std::vector<RunningSession> running;
  std::vector<std::uint32_t> silent;  // pids of drains that do not answer: stopped, or starved
};

// Of this user, in this network namespace.
Sessions running_sessions();

struct Asked {
  std::optional<Answer> answer;  // null: nobody of this user is there, or it ended meanwhile, or it is silent
  std::uint32_t silent = 0;      // pid of a drain that lives and did not answer in time
};
// Sends the request and waits until the drain has carried it out. `seconds`: how long to wait, 0 without end.
Asked ask(const std::string& socket, const std::vector<std::string>& request, int seconds);

// The sessions that a person means by the name: a pid of the drain, the launcher, the command or of a recorded process,
// a tape that is being written, or the session as HEAPTAPE_SESSION has it, with its folder or without.
Sessions sessions_named(const std::string& name);

}  // namespace heaptape
