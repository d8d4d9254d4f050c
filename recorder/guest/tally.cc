#include "recorder/guest/tally.h"

#include "recorder/guest/image.h"

namespace heaptape::guest {
namespace {

// A line for this thread, of this process. Null: none is left.
CountLine* take_line(std::uint32_t start) noexcept {
  std::uint32_t serial;
  if (!process_serial(serial)) return nullptr;
  CountLine* lines = count_lines(*image.header);
  for (std::uint32_t i = 0; i < kCountLines; ++i) {
    CountLine& line = lines[(start + i) % kCountLines];
    std::uint64_t free = 0;
    if (line.owner.load(std::memory_order_relaxed) == 0 &&
        line.owner.compare_exchange_strong(free, std::uint64_t{serial} + 1, std::memory_order_acq_rel))
      return &line;
  }
  return nullptr;
}

void count_for_all(Counter counter) noexcept {
  image.header->counts.lineless[static_cast<int>(counter)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void Tally::count_elsewhere(Counter counter) noexcept {
  if (!has_no_line_) {
    line_ = take_line(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(this) >> 17));
    has_no_line_ = line_ == nullptr;
    if (line_ != nullptr) return count(counter);
  }
  count_for_all(counter);
  if (counter == Counter::small_births || counter == Counter::unsampled_births) signal_add_one(left_out_alone_);
}

std::uint64_t Tally::left_out() const noexcept {
  if (line_ == nullptr) return left_out_alone_;
  const auto of = [this](Counter counter) {
    return line_->counters[static_cast<int>(counter)].load(std::memory_order_relaxed);
  };
  return of(Counter::small_births) + of(Counter::unsampled_births);
}

void count_without_thread() noexcept {
  if (recording.load(std::memory_order_relaxed) == Recording::inert) return;  // a fork that is left out
  count_for_all(Counter::calls);
  count_for_all(Counter::dropped_calls);
}

}  // namespace heaptape::guest
