#include "recorder/control/client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <set>
#include <utility>

#include "recorder/abstract_address.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

using std::chrono::steady_clock;

constexpr int kStatusSeconds = 30;  // the drain answers within a round, which is long where it is starved
constexpr int kRetryMs = 10;        // while a drain has as many askers as it takes in a round

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

// One of several drains that are asked at once.
class Question {
 public:
  Question(const std::string& socket, const std::string& request) : socket_(socket), request_(request) {}
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  ~Question() { end(); }

  const std::string& socket() const { return socket_; }
  bool is_over() const { return is_over_; }
  pollfd poll_for() const { return {.fd = is_sent_ ? connection_ : -1, .events = POLLIN, .revents = 0}; }
  // Whose answer is awaited; 0: nobody's.
  std::uint32_t awaited() const { return is_sent_ && !is_over_ ? drain_ : 0; }
  // Does what can be done without waiting. The answer, when it has come.
  std::optional<Answer> go_on() {
    if (!is_sent_) send_request();
    if (!is_sent_ || is_over_) return std::nullopt;
    std::string text(kMaxControlBytes, '\0');
    const ssize_t bytes = recv(connection_, text.data(), text.size(), MSG_DONTWAIT);
    if (bytes < 0 && errno == EAGAIN) return std::nullopt;
    end();
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
    return answer_of(text);
  }

 private:
  // Tried again while the other end takes no more connections.
  void send_request() {
    const AbstractAddress address = abstract_address(socket_.c_str());
    if (connection_ < 0) connection_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection_ < 0 || address.bytes == 0) return end();
    if (connect(connection_, address.get(), address.bytes) != 0) {
      if (errno != EAGAIN) end();
      return;
    }
    ucred drain{};
    is_sent_ = peer_of(connection_, drain) && drain.uid == geteuid() &&
               send(connection_, request_.data(), request_.size(), MSG_NOSIGNAL) ==
                   static_cast<ssize_t>(request_.size());
    drain_ = static_cast<std::uint32_t>(drain.pid);
    if (!is_sent_) end();
  }
  void end() {
    is_over_ = true;
    if (connection_ >= 0) close(std::exchange(connection_, -1));
  }

  std::string socket_;
  const std::string& request_;
  int connection_ = -1;
  std::uint32_t drain_ = 0;  // pid
  bool is_sent_ = false, is_over_ = false;
};

// Asks all at once. `take` is given each answer with the name of its socket, and says whether it was the last one
// wanted. Answers the pids of drains that were silent for `seconds`; 0: waits without end.
using Take = std::function<bool(const std::string& socket, const Answer& answer)>;
std::vector<std::uint32_t> ask_each(const std::set<std::string>& sockets, const std::vector<std::string>& request,
                                    int seconds, const Take& take) {
  const std::string message = to_message(request);
  std::list<Question> questions;
  for (const std::string& socket : sockets) questions.emplace_back(socket, message);
  const auto deadline = steady_clock::now() + std::chrono::seconds(seconds);
  for (;;) {
    for (Question& question : questions)
      if (const auto answer = question.go_on(); answer && take(question.socket(), *answer)) return {};
    questions.remove_if([](const Question& question) { return question.is_over(); });
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (questions.empty() || (seconds != 0 && left <= 0)) break;
    std::vector<pollfd> awaited;
    for (const Question& question : questions) awaited.push_back(question.poll_for());
    const bool retries = std::any_of(awaited.begin(), awaited.end(), [](const pollfd& one) { return one.fd < 0; });
    const int limit = seconds == 0 ? -1 : static_cast<int>(left);
    poll(awaited.data(), awaited.size(), !retries ? limit : seconds == 0 ? kRetryMs : std::min(limit, kRetryMs));
  }
  std::vector<std::uint32_t> silent;
  for (const Question& question : questions)
    if (question.awaited() != 0) silent.push_back(question.awaited());
  return silent;
}

// Of this user, in this network namespace. `wanted`: answers whether a session is the one that is looked for: then no
// other is waited for.
Sessions find_sessions(const std::function<bool(const RunningSession&)>& wanted) {
  Sessions sessions;
  sessions.silent = ask_each(control_sockets(), {"status"}, kStatusSeconds,
                             [&](const std::string& socket, const Answer& answer) {
                               auto status = session_status_of(answer.text);
                               if (!status) return false;
                               sessions.running.push_back({socket, *std::move(status)});
                               return wanted(sessions.running.back());
                             });
  std::sort(sessions.running.begin(), sessions.running.end(),
            [](const RunningSession& a, const RunningSession& b) { return a.socket < b.socket; });
  return sessions;
}

}  // namespace

Asked ask(const std::string& socket, const std::vector<std::string>& request, int seconds) {
  Asked asked;
  const auto silent = ask_each({socket}, request, seconds, [&](const std::string&, const Answer& answer) {
    asked.answer = answer;
    return true;
  });
  if (!silent.empty()) asked.silent = silent[0];
  return asked;
}

Sessions running_sessions() {
  return find_sessions([](const RunningSession&) { return false; });
}

Sessions sessions_named(const std::string& name) {
  const auto is_meant = [&](const RunningSession& session) {
    const SessionStatus& status = session.status;
    return has_pid(status, name) || has_tape(status, name) || status.session == name ||
           fs::path(status.session).filename() == name;
  };
  Sessions sessions = find_sessions(is_meant);
  std::erase_if(sessions.running, [&](const RunningSession& session) { return !is_meant(session); });
  return sessions;
}

}  // namespace heaptape
