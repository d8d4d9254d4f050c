#include "recorder/control/client.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "recorder/abstract_address.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr int kStatusSeconds = 30;  // the drain answers within a round, which is long where it is starved

// A socket and the connections to it have one name. The kernel shows its first byte, a zero, as '@'.
std::set<std::string> control_sockets() {
  const std::string front = std::string("@") + kControlPrefix;
  std::set<std::string> names;
  std::ifstream all("/proc/net/unix");
  for (std::string line; std::getline(all, line);)
    if (const std::size_t at = line.find(front); at != std::string::npos) names.insert(line.substr(at + 1));
  return names;
}

bool has_pid(const SessionStatus& status, const std::string& name) {
  const auto is = [&](std::uint32_t pid) { return pid != 0 && std::to_string(pid) == name; };
  return is(status.drain) || is(status.launcher) || is(status.command) ||
         std::any_of(status.tapes.begin(), status.tapes.end(),
                     [&](const SessionStatus::Tape& tape) { return is(tape.pid); });
}

bool has_tape(const SessionStatus& status, const std::string& name) {
  std::error_code gone;
  return std::any_of(status.tapes.begin(), status.tapes.end(),
                     [&](const SessionStatus::Tape& tape) { return fs::equivalent(tape.path, name, gone); });
}

}  // namespace

Asked ask(const std::string& socket, const std::vector<std::string>& request, int seconds) {
  const AbstractAddress address = abstract_address(socket.c_str());
  const int connection = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (connection < 0) return {};
  const timeval limit{.tv_sec = seconds, .tv_usec = 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const std::string message = to_message(request);
  std::string text(kMaxControlBytes, '\0');
  ucred drain{};
  ssize_t bytes = 0;
  if (address.bytes != 0 && connect(connection, address.get(), address.bytes) == 0 && peer_of(connection, drain) &&
      drain.uid == geteuid() &&
      send(connection, message.data(), message.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(message.size()))
    bytes = recv(connection, text.data(), text.size(), 0);
  const bool is_silent = bytes < 0 && errno == EAGAIN;
  close(connection);
  if (is_silent) return {.answer = std::nullopt, .silent = static_cast<std::uint32_t>(drain.pid)};
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
  return {.answer = answer_of(text), .silent = 0};
}

Sessions running_sessions() {
  Sessions sessions;
  for (const std::string& socket : control_sockets()) {
    const Asked asked = ask(socket, {"status"}, kStatusSeconds);
    if (asked.silent != 0) sessions.silent.push_back(asked.silent);
    if (!asked.answer) continue;
    if (auto status = session_status_of(asked.answer->text)) sessions.running.push_back({socket, *std::move(status)});
  }
  return sessions;
}

Sessions sessions_named(const std::string& name) {
  Sessions sessions = running_sessions();
  std::erase_if(sessions.running, [&](const RunningSession& session) {
    const SessionStatus& status = session.status;
    return !has_pid(status, name) && !has_tape(status, name) && status.session != name &&
           fs::path(status.session).filename() != name;
  });
  return sessions;
}

}  // namespace heaptape
