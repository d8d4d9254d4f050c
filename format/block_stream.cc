#include "format/block_stream.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace heaptape {
namespace {

constexpr std::size_t kMostWorkers = 9;

}  // namespace

std::size_t BlockStream::workers_for(std::size_t blocks) {
  const std::size_t processors = std::thread::hardware_concurrency();  // 0: not known
  return std::max<std::size_t>(std::min({processors, blocks, kMostWorkers}), 1);
}

BlockStream::BlockStream(const TapeReader& tape, std::size_t first, std::size_t last, std::size_t workers,
                         Prepare prepare)
    : tape_(tape), first_(first), last_(last), prepare_(std::move(prepare)), begun_(first), shown_(first) {
  seats_.resize(seats_for(workers));
  tape.frames();  // the definitions are there before anybody decodes
  try {
    for (std::size_t i = 1; i < workers; ++i) helpers_.emplace_back([this, i] { help(i); });
  } catch (const std::system_error&) {
    // Fewer will do.
  }
}

BlockStream::~BlockStream() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void BlockStream::decode_one(std::size_t worker, std::unique_lock<std::mutex>& lock) {
  const std::size_t seat = seat_of(begun_);
  const std::size_t index = begun_++;
  lock.unlock();
  static_cast<void>(tape_.decode(index, seats_[seat].block));  // a damaged one has no events
  if (prepare_) prepare_(worker, seat, seats_[seat].block);
  lock.lock();
  seats_[seat].is_ready = true;
  changed_.notify_all();
}

void BlockStream::help(std::size_t worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    // A seat is free again when the block behind its one has been asked for.
    changed_.wait(lock, [this] { return is_over_ || begun_ == last_ || begun_ + 1 < shown_ + seats_.size(); });
    if (is_over_ || begun_ == last_) return;
    decode_one(worker, lock);
  }
}

const DecodedBlock* BlockStream::next() {
  if (shown_ == last_) return nullptr;
  if (tape_.watch()) tape_.watch()(shown_ - first_, last_ - first_);
  std::unique_lock lock(mutex_);
  Seat& seat = seats_[seat_of(shown_)];
  while (!seat.is_ready) {
    if (begun_ < last_ && begun_ < shown_ + seats_.size())
      decode_one(0, lock);
    else
      changed_.wait(lock);
  }
  seat.is_ready = false;
  ++shown_;
  lock.unlock();
  changed_.notify_all();
  return &seat.block;
}

void for_each_run(const TapeReader& tape, std::uint64_t begin, std::uint64_t end,
                  const std::function<void(const BlockEntry&, std::uint64_t, std::span<const Event>)>& take) {
  const auto& blocks = tape.blocks();
  const auto first = std::partition_point(
      blocks.begin(), blocks.end(), [&](const BlockEntry& entry) { return entry.first_event + entry.events <= begin; });
  const auto last =
      std::partition_point(first, blocks.end(), [&](const BlockEntry& entry) { return entry.first_event < end; });
  BlockStream stream(tape, static_cast<std::size_t>(first - blocks.begin()),
                     static_cast<std::size_t>(last - blocks.begin()));
  for (auto entry = first; entry != last; ++entry) {
    const std::span<const Event> events = stream.next()->events;
    const std::uint64_t number = std::max(begin, entry->first_event);
    const std::uint64_t behind = std::min(end, entry->first_event + entry->events);
    take(*entry, number, events.empty() ? events : events.subspan(number - entry->first_event, behind - number));
  }
}

}  // namespace heaptape
