// A line on the terminal that says how far long work has come; nothing where standard error is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace heaptape::cli {

class Progress {
 public:
  // `what`: "verifying run.tape".
  explicit Progress(std::string what);
  ~Progress();  // leaves an empty line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Of whatever the work is counted in. Shown at most ten times a second, and not before half a second has passed.
  void reach(std::uint64_t done, std::uint64_t all);
  // The same as a function, which this must outlive.
  auto watch() {
    return [this](std::uint64_t done, std::uint64_t all) { reach(done, all); };
  }

 private:
  using Clock = std::chrono::steady_clock;
  const std::string what_;
  const bool is_seen_;
  Clock::time_point next_ = Clock::now() + std::chrono::milliseconds(500);
  bool is_shown_ = false;
};

}  // namespace heaptape::cli
