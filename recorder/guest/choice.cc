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

}  // namespace

bool Choice::takes(std::size_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept {
  rate = 0;
  if (bytes < image.least_size) {
    leave_out(true);
    return false;
  }
  if (!image.is_sampled) return true;
  constexpr std::size_t kMost = std::size_t{1} << 62;
  if (meets(static_cast<std::int64_t>(bytes == 0 ? 1 : bytes < kMost ? bytes : kMost), lane, rate)) return true;
  leave_out(false);
  return false;
}

bool Choice::meets(std::int64_t bytes, std::uint32_t lane, std::uint32_t& rate) noexcept {
  const GuestControl& control = image.header->control;
  const std::uint32_t now = control.rate.load(std::memory_order_acquire) % kMostRates;
  const auto draw = [&] {
    return static_cast<std::int64_t>(
        exponential(next_random(random_), control.intervals[now].load(std::memory_order_relaxed)));
  };
  if (!is_drawn_) {
    random_ = control.seed.load(std::memory_order_relaxed) + lane * std::uint64_t{0xd6e8feb86659fd93};
    rate_ = now;
    gap_ = draw();
    is_drawn_ = true;
  }
  if (!signal_subtract(gap_, bytes)) return false;
  rate = rate_;
  rate_ = now;
  // The next gap begins behind the block: what lies there does not depend on what was met before.
  gap_ = draw();
  return true;
}

void Choice::leave_out(bool small) noexcept {
  if (line_ == nullptr && !has_no_line_) {
    line_ = take_line(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(this) >> 17));
    has_no_line_ = line_ == nullptr;
  }
  if (line_ != nullptr) return add_one(small ? line_->small_births : line_->unsampled_births);
  GuestCounts& shared = image.header->counts;
  (small ? shared.small_births : shared.unsampled_births).fetch_add(1, std::memory_order_relaxed);
  signal_add_one(without_a_line_);
}

std::uint64_t Choice::left_out() const noexcept {
  if (line_ == nullptr) return without_a_line_;
  return line_->small_births.load(std::memory_order_relaxed) + line_->unsampled_births.load(std::memory_order_relaxed);
}

}  // namespace heaptape::guest
