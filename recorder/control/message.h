// What `heaptape ctl` and a drain say to each other: one message each way, over a socket (SOCK_SEQPACKET) in the
// abstract namespace. So a session is found wherever its memory is, in whatever folder or in none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heaptape {

// The socket's name is this and the session's id in hexadecimal.
inline constexpr char kControlPrefix[] = "heaptape.control.";
std::string control_name(std::uint64_t session);
inline constexpr std::size_t kMaxControlBytes = 64 << 10;
inline constexpr std::size_t kMaxMarkBytes = 1000;

// A request is words, each terminated by a zero byte:
//   start | stop | mark NAME | status | snapshot FILE FORCE
// FILE is absolute, or empty for names beside the tapes; FORCE is empty or "force".
std::string to_message(const std::vector<std::string>& words);
std::vector<std::string> words_of(std::string_view message);

// An answer: the exit status of `heaptape ctl`, and its one line; for `status` a SessionStatus instead.
struct Answer {
  static constexpr int kWrongUse = 2, kNothingThere = 3, kOwnFailure = 125;
  int status = 0;
  std::string text;
};
std::string to_message(const Answer& answer);
std::optional<Answer> answer_of(std::string_view message);

struct SessionStatus {
  std::uint32_t drain = 0, launcher = 0, command = 0;  // pids, as the drain sees them
  bool paused = false;
  std::string session;  // what HEAPTAPE_SESSION is
  std::string command_line;
  struct Tape {
    std::uint32_t pid = 0;
    std::uint64_t events = 0, bytes = 0;
    std::string path;  // absolute
  };
  std::vector<Tape> tapes;  // still being written, as many as a message holds
};
std::string to_text(const SessionStatus& status);
std::optional<SessionStatus> session_status_of(std::string_view text);

}  // namespace heaptape
