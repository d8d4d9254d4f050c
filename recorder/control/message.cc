#include "recorder/control/message.h"

#include <fmt/format.h>

#include <charconv>

namespace heaptape {
namespace {

constexpr std::size_t kFields = 6, kTapeFields = 4;

template <typename Number>
bool read(const std::string& word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size();
}

}  // namespace

std::string control_name(std::uint64_t session) { return fmt::format("{}{:016x}", kControlPrefix, session); }

std::string to_message(const std::vector<std::string>& words) {
  std::string message;
  for (const std::string& word : words) message += word + '\0';
  return message;
}

std::vector<std::string> words_of(std::string_view message) {
  std::vector<std::string> words;
  for (std::size_t end; (end = message.find('\0')) != std::string_view::npos; message.remove_prefix(end + 1))
    words.emplace_back(message.substr(0, end));
  return words;
}

std::string to_message(const Answer& answer) { return to_message({std::to_string(answer.status)}) + answer.text; }

std::optional<Answer> answer_of(std::string_view message) {
  const std::size_t end = message.find('\0');
  Answer answer;
  if (end == std::string_view::npos || !read(std::string(message.substr(0, end)), answer.status)) return std::nullopt;
  answer.text = message.substr(end + 1);
  return answer;
}

std::string to_text(const SessionStatus& status) {
  std::string text =
      to_message({std::to_string(status.drain), std::to_string(status.launcher), std::to_string(status.command),
                  status.paused ? "paused" : "recording", status.session.substr(0, kMaxControlBytes / 8),
                  status.command_line.substr(0, kMaxControlBytes / 4)});
  for (const SessionStatus::Tape& tape : status.tapes) {
    const std::string more =
        to_message({std::to_string(tape.pid), std::to_string(tape.events), std::to_string(tape.bytes), tape.path});
    if (text.size() + more.size() > kMaxControlBytes - 16) break;  // room for the answer's own status
    text += more;
  }
  return text;
}

std::optional<SessionStatus> session_status_of(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  SessionStatus status;
  if (words.size() < kFields || (words.size() - kFields) % kTapeFields != 0 || !read(words[0], status.drain) ||
      !read(words[1], status.launcher) || !read(words[2], status.command))
    return std::nullopt;
  status.paused = words[3] == "paused";
  status.session = words[4];
  status.command_line = words[5];
  for (std::size_t at = kFields; at < words.size(); at += kTapeFields) {
    SessionStatus::Tape& tape = status.tapes.emplace_back();
    if (!read(words[at], tape.pid) || !read(words[at + 1], tape.events) || !read(words[at + 2], tape.bytes))
      return std::nullopt;
    tape.path = words[at + 3];
  }
  return status;
}

}  // namespace heaptape
