#include "recorder/guest/tally.h"

#include "recorder/guest/image.h"

namespace heaptape::guest {
namespace {

// The drain looks at no more lines than have been used: at the first ones, so that they are few.
void note_used(std::uint32_t lines) noexcept {
  std::atomic<std::uint32_t>& used = image.header->count_lines_used;
  std::uint32_t before = used.load(std::memory_order_relaxed);
  while (before < lines && !used.compare_exchange_weak(before, lines, std::memory_order_release)) {
  }
}

// A line for this thread, of this process. Null: none is left.
CountLine* take_line() noexcept {
  std::uint32_t serial;
  if (!process_serial(serial)) return nullptr;
  CountLine* lines = count_lines(*image.header);
  for (std::uint32_t i = 0; i < kCountLines; ++i) {
    std::uint64_t free = 0;
    if (lines[i].owner.load(std::memory_order_relaxed) != 0 ||
        !lines[i].owner.compare_exchange_strong(free, std::uint64_t{serial} + 1, std::memory_order_acq_rel))
      continue;
    note_used(i + 1);
    return &lines[i];
  }
  return nullptr;
}

void count_for_all(Counter counter) noexcept {
  image.header->counts.lineless[static_cast<int>(counter)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void Tally::count_elsewhere(Counter counter) noexcept {
  if (!has_no_line_) {
    line_ = take_line();
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
