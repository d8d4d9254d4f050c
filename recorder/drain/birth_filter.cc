#include "recorder/drain/birth_filter.h"

#include <algorithm>

#include "format/estimate.h"

namespace heaptape {

Rates::Rates(const GuestControl& control)
    : newest_(std::min(control.rate.load(std::memory_order_acquire), kMostRates - 1)) {
  for (std::uint32_t i = 0; i < kMostRates; ++i)
    bytes_[i] = std::min(control.intervals[i].load(std::memory_order_relaxed), kMostSampleBytes);
}

void Rates::raise(GuestControl& control, std::uint64_t bytes) {
  if (newest_ + 1 == kMostRates || bytes <= bytes_[newest_]) return;
  bytes_[++newest_] = bytes;
  control.intervals[newest_].store(bytes, std::memory_order_relaxed);
  control.rate.store(newest_, std::memory_order_release);
}

BirthFilter::BirthFilter(const Meta& meta, std::uint64_t seed)
    : is_filtered_(meta.is_filtered()),
      record_layer_(meta.record_layer),
      interval_(meta.sample_bytes),
      random_(seed + meta.number) {}

void BirthFilter::resume(std::uint64_t interval) {
  told_ = interval;
  interval_ = std::max(interval_, interval);
}

bool BirthFilter::raise(std::uint64_t interval) {
  const std::uint64_t bounded = std::min(interval, kMostSampleBytes);
  if (bounded <= interval_) return false;
  interval_ = bounded;
  return true;
}

bool BirthFilter::take_news() {
  if (told_ == interval_) return false;
  told_ = interval_;
  return true;
}

bool BirthFilter::keeps(std::uint64_t size, std::uint64_t taken_at) {
  if (taken_at >= interval_) return true;
  const double share = sampling_probability(size, static_cast<double>(interval_)) /
                       sampling_probability(size, static_cast<double>(taken_at));
  return std::uniform_real_distribution<double>(0, 1)(random_) < share;
}

bool BirthFilter::passed_since(std::uint32_t lane, std::uint64_t address) const {
  const auto known = lanes_.find(lane);
  return known != lanes_.end() && known->second.passed && known->second.newest == address;
}

void BirthFilter::note_release(std::uint32_t lane, std::uint64_t address, bool kept) {
  lanes_[lane].left_out = kept ? 0 : address;
}

bool BirthFilter::may_restore(std::uint32_t lane, std::uint64_t address) const {
  const auto known = lanes_.find(lane);
  return known == lanes_.end() || known->second.left_out != address;
}

}  // namespace heaptape
