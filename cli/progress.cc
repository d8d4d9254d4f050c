#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/terminal.h"

namespace heaptape::cli {
namespace {

constexpr int kBarColumns = 24;

int columns_of_stderr() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(std::string what) : what_(std::move(what)), is_seen_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (is_shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::reach(std::uint64_t done, std::uint64_t all) {
  if (!is_seen_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  is_shown_ = true;
  const double part = all == 0 ? 1 : static_cast<double>(std::min(done, all)) / static_cast<double>(all);
  const int full = static_cast<int>(part * kBarColumns);
  const std::string bar = std::string(static_cast<std::size_t>(full), '#') + std::string(kBarColumns - full, '.');
  const std::string line = fmt::format("[{}] {:3.0f} % {}", bar, part * 100, what_);
  std::fputs(("\r\x1b[K" + fit(line, columns_of_stderr() - 1)).c_str(), stderr);
}

}  // namespace heaptape::cli
