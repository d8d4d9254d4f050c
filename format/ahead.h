// Numbered pieces of work, done ahead by helper threads and taken in order: one helper less than there are processors.
// Whoever waits for a piece does others meanwhile.
//
// Bounded: what is done and not yet taken has a seat, and there are two for each helper, and one more.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace heaptape {

class Ahead {
 public:
  // Does piece `index`, and leaves what comes of it at `seat`: of several threads at once, and in no order. `worker`:
  // one of workers_for() numbers, which only one thread at a time has. `seat`: one of seats_for(), the piece's until
  // the next() after its own. Must not throw.
  using Work = std::function<void(std::size_t index, std::size_t seat, std::size_t worker)>;
  static std::size_t workers_for(std::size_t pieces);
  static constexpr std::size_t seats_for(std::size_t workers) { return 2 * workers - 1; }

  // Pieces [first, last).
  Ahead(std::size_t first, std::size_t last, std::size_t workers, Work work);
  ~Ahead();
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  // The seat of the next piece, which is done. Nothing behind the last.
  std::optional<std::size_t> next();

 private:
  std::size_t seat_of(std::size_t index) const { return (index - first_) % is_done_.size(); }
  void help(std::size_t worker);
  // Does the next piece that nobody has begun. The lock is given back meanwhile.
  void do_one(std::size_t worker, std::unique_lock<std::mutex>& lock);

  const std::size_t first_, last_;
  const Work work_;
  std::vector<char> is_done_;  // by seat
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t begun_;  // pieces before this one are done, or somebody is at it
  std::size_t taken_;  // pieces before this one were taken
  bool is_over_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace heaptape
