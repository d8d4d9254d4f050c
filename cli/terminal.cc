#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "render/printable.h"

namespace heaptape::cli {
namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

// The bytes of the first `count` characters.
std::size_t bytes_of(std::string_view text, int count) {
  std::size_t at = 0;
  while (at < text.size() && (count > 0 || !begins_character(text[at]))) count -= begins_character(text[at++]);
  return at;
}

const char* code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\033[1m";
    case Style::dim:
      return "\033[2m";
    case Style::accent:
      return "\033[36m";
    case Style::warning:
      return "\033[33m";
  }
  return "";
}

constexpr int kNarrowest = 40;  // a window of less is not laid out for

}  // namespace

std::string Terminal::paint(Style style, std::string_view text) const {
  if (!colour || style == Style::plain || text.empty()) return std::string(text);
  return code_of(style) + std::string(text) + "\033[0m";
}

Terminal standard_output() {
  Terminal terminal;
  if (isatty(STDOUT_FILENO) == 0) return terminal;
  winsize size{};
  terminal.columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  terminal.columns = std::max(terminal.columns, kNarrowest);
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  terminal.colour = !dumb && (no_colour == nullptr || *no_colour == '\0');
  return terminal;
}

int width_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string fit(std::string_view text, int columns) {
  const int width = width_of(text);
  if (columns <= 0 || width <= columns) return std::string(text);
  const int tail = (columns - 1) / 2;
  const int head = columns - 1 - tail;
  return std::string(text.substr(0, bytes_of(text, head))) + "…" +
         std::string(text.substr(bytes_of(text, width - tail)));
}

void put(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && errno != EPIPE) throw std::system_error(errno, std::generic_category(), "can't write the output");
}

void complain(std::string_view sentence) {
  constexpr std::size_t kLongest = 8000;  // two paths of the longest that Linux opens
  std::fprintf(stderr, "heaptape: %s\n", printable(sentence, kLongest).c_str());
}

}  // namespace heaptape::cli
