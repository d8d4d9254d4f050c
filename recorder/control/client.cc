#include "recorder/control/client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "recorder/control/address.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr int kStatusSeconds = 5;

std::optional<RunningSession> session_in(const std::string& folder) {
  const std::optional<Answer> answer = ask(folder, {"status"}, kStatusSeconds);
  if (!answer) return std::nullopt;
  std::optional<SessionStatus> status = session_status_of(answer->text);
  if (!status) return std::nullopt;
  return RunningSession{folder, std::move(*status)};
}

bool has_pid(const SessionStatus& status, const std::string& name) {
  const auto is = [&](std::uint32_t pid) { return std::to_string(pid) == name; };
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

std::optional<Answer> ask(const std::string& folder, const std::vector<std::string>& request, int seconds) {
  const int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (connection < 0) return std::nullopt;
  const timeval limit{.tv_sec = seconds, .tv_usec = 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const std::string message = to_message(request);
  const ControlAddress address(folder);
  std::string answer(kMaxControlBytes, '\0');
  ssize_t bytes = -1;
  if (connect(connection, address.get(), address.size()) == 0 &&
      send(connection, message.data(), message.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(message.size()))
    bytes = recv(connection, answer.data(), answer.size(), 0);
  close(connection);
  if (bytes <= 0) return std::nullopt;
  answer.resize(static_cast<std::size_t>(bytes));
  return answer_of(answer);
}

std::vector<RunningSession> running_sessions() {
  std::vector<RunningSession> sessions;
  for (const std::string& place : session_places()) {
    std::error_code failed;
    for (fs::directory_iterator entry(place, failed), end; !failed && entry != end; entry.increment(failed)) {
      if (entry->path().filename().string().rfind(kSessionPrefix, 0) != 0) continue;
      if (auto session = session_in(entry->path().string())) sessions.push_back(std::move(*session));
    }
  }
  return sessions;
}

std::vector<RunningSession> sessions_named(const std::string& name) {
  std::vector<RunningSession> sessions;
  const bool is_folder = fs::path(name).has_parent_path() && access((name + "/" + kControlSocket).c_str(), F_OK) == 0;
  if (is_folder) {
    if (auto session = session_in(name)) sessions.push_back(std::move(*session));
    return sessions;
  }
  sessions = running_sessions();
  std::erase_if(sessions, [&](const RunningSession& session) {
    return !has_pid(session.status, name) && !has_tape(session.status, name) &&
           fs::path(session.folder).filename() != name;
  });
  return sessions;
}

}  // namespace heaptape
