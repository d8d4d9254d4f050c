#include "recorder/guest/choice.h"

#include "recorder/guest/exponential.h"
#include "recorder/guest/image.h"

namespace heaptape::guest {
namespace {

std::uint64_t next_random(std::uint64_t& state) noexcept {  // splitmix64
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// A line of counts for this thread, of this process. Null: none is left.
LeftOut* take_line(std::uint32_t start) noexcept {
  std::uint32_t serial;
  if (!process_serial(serial)) return nullptr;
  LeftOut* lines = left_out_lines(*image.header);
  for (std::uint32_t i = 0; i < kLeftOutLines; ++i) {
    LeftOut& line = lines[(start + i) % kLeftOutLines];
    std::uint64_t free = 0;
    if (line.owner.load(std::memory_order_relaxed) == 0 &&
        line.owner.compare_exchange_strong(free, std::uint64_t{serial} + 1, std::memory_order_acq_rel))
      return &line;
  }
  return nullptr;
}

// Nobody else adds to it, but a signal handler of the same thread.
void add_one(std::atomic<std::uint64_t>& count) noexcept {
  signal_fetch_add(*reinterpret_cast<std::uint64_t*>(&count), 1);
}

}  // namespace

bool Choice::takes(std::size_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept {
  const GuestControl& control = image.header->control;
  rate = 0;
  if (bytes < control.min_size.load(std::memory_order_relaxed)) {
    leave_out(true);
    return false;
  }
  if (control.sample.load(std::memory_order_relaxed) == 0) return true;
  constexpr std::size_t kMost = std::size_t{1} << 62;
  const auto met = static_cast<std::int64_t>(bytes == 0 ? 1 : bytes < kMost ? bytes : kMost);
  if (!signal_subtract(gap_, met) || !sample(met, lane, rate)) [[likely]] {
    leave_out(false);
    return false;
  }
  return true;
}

// The block met the end of the gap, or the thread has none yet.
[[gnu::noinline]] bool Choice::sample(std::int64_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept {
  const std::uint64_t now = image.header->control.sample.load(std::memory_order_relaxed);
  const bool is_first = rate_ == 0;
  if (is_first) {
    random_ = image.header->control.seed.load(std::memory_order_relaxed) + lane * std::uint64_t{0xd6e8feb86659fd93};
    rate_ = now;
  }
  rate = number_of_rate(rate_);
  rate_ = now;
  // The gap begins behind the block: what of the process lies there does not depend on what was met before.
  gap_ = static_cast<std::int64_t>(exponential(next_random(random_), bytes_of_rate(now)));
  return !is_first || signal_subtract(gap_, bytes);
}

void Choice::leave_out(bool small) noexcept {
  signal_fetch_add(passed_, 1);
  if (counts_ == nullptr && !has_no_line_) [[unlikely]] {
    counts_ = take_line(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(this) >> 17));
    has_no_line_ = counts_ == nullptr;
  }
  if (counts_ != nullptr) [[likely]]
    return add_one(small ? counts_->small_births : counts_->unsampled_births);
  GuestCounts& shared = image.header->counts;
  (small ? shared.small_births : shared.unsampled_births).fetch_add(1, std::memory_order_relaxed);
}

}  // namespace heaptape::guest
