#include "format/ahead.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace heaptape {
namespace {

constexpr std::size_t kMostWorkers = 9;

}  // namespace

std::size_t Ahead::workers_for(std::size_t pieces) {
  const std::size_t processors = std::thread::hardware_concurrency();  // 0: not known
  return std::max<std::size_t>(std::min({processors, pieces, kMostWorkers}), 1);
}

Ahead::Ahead(std::size_t first, std::size_t last, std::size_t workers, Work work)
    : first_(first), last_(last), work_(std::move(work)), is_done_(seats_for(workers)), begun_(first), taken_(first) {
  try {
    for (std::size_t i = 1; i < workers; ++i) helpers_.emplace_back([this, i] { help(i); });
  } catch (const std::system_error&) {
    // Fewer will do.
  }
}

Ahead::~Ahead() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void Ahead::do_one(std::size_t worker, std::unique_lock<std::mutex>& lock) {
  const std::size_t index = begun_++;
  lock.unlock();
  work_(index, seat_of(index), worker);
  lock.lock();
  is_done_[seat_of(index)] = true;
  changed_.notify_all();
}

void Ahead::help(std::size_t worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    // A seat is free again when the piece behind its one has been asked for.
    changed_.wait(lock, [this] { return is_over_ || begun_ == last_ || begun_ + 1 < taken_ + is_done_.size(); });
    if (is_over_ || begun_ == last_) return;
    do_one(worker, lock);
  }
}

std::optional<std::size_t> Ahead::next() {
  if (taken_ == last_) return std::nullopt;
  std::unique_lock lock(mutex_);
  const std::size_t seat = seat_of(taken_);
  while (!is_done_[seat]) {
    if (begun_ < last_ && begun_ < taken_ + is_done_.size())
      do_one(0, lock);
    else
      changed_.wait(lock);
  }
  is_done_[seat] = false;
  ++taken_;
  lock.unlock();
  changed_.notify_all();
  return seat;
}

}  // namespace heaptape
