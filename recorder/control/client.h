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

// Of this user, in this network namespace.
std::vector<RunningSession> running_sessions();

// Sends the request and waits until the drain has carried it out. Null: nobody of this user is there, or it ended
// meanwhile. `seconds`: how long to wait, 0 without end.
std::optional<Answer> ask(const std::string& socket, const std::vector<std::string>& request, int seconds);

// The sessions that a person means by the name: a pid of the drain, the launcher, the command or of a recorded process,
// a tape that is being written, or the session as HEAPTAPE_SESSION has it, with its folder or without.
std::vector<RunningSession> sessions_named(const std::string& name);

}  // namespace heaptape
