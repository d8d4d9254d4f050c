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

}  // namespace

bool Choice::takes(std::size_t bytes, std::uint32_t lane, Tally& tally, std::uint32_t& rate) noexcept {
  rate = 0;
  if (bytes < image.least_size) {
    tally.count(Counter::small_births);
    return false;
  }
  if (!image.is_sampled) return true;
  constexpr std::size_t kMost = std::size_t{1} << 62;
  if (meets(static_cast<std::int64_t>(bytes == 0 ? 1 : bytes < kMost ? bytes : kMost), lane, rate)) return true;
  tally.count(Counter::unsampled_births);
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

}  // namespace heaptape::guest
