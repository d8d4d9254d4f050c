#include "recorder/drain/selection.h"

#include "format/estimate.h"

namespace heaptape {

bool Rates::add(std::uint64_t bytes, std::uint32_t& number) {
  if (count_ == kMostRates || bytes <= newest()) return false;
  number = count_;
  bytes_[count_++] = bytes;
  return true;
}

Selection::Selection(const CaptureOptions& capture)
    : filters_(capture.min_size != 0 || capture.record_layer != Layer::all || capture.sample_bytes != 0),
      record_layer_(capture.record_layer),
      interval_(capture.sample_bytes),
      random_(capture.sample_seed) {}

void Selection::raise(std::uint64_t interval) {
  const std::uint64_t bounded = std::min(interval, kMostSampleBytes);
  if (bounded <= interval_) return;
  interval_ = bounded;
  ++raised_;
}

bool Selection::take_news() {
  if (told_ == interval_) return false;
  told_ = interval_;
  return true;
}

bool Selection::keeps(std::uint64_t size, std::uint64_t taken_at) {
  if (taken_at > interval_) raise(taken_at);  // for the sake of another process of the mapping
  if (taken_at == interval_) return true;
  const double share = sampling_probability(size, static_cast<double>(interval_)) /
                       sampling_probability(size, static_cast<double>(taken_at));
  return std::uniform_real_distribution<double>(0, 1)(random_) < share;
}

bool Selection::passed_since(std::uint32_t lane, std::uint64_t address) const {
  const auto known = lanes_.find(lane);
  return known != lanes_.end() && known->second.passed && known->second.newest == address;
}

void Selection::note_release(std::uint32_t lane, std::uint64_t address, bool kept) {
  lanes_[lane].left_out = kept ? 0 : address;
}

bool Selection::may_restore(std::uint32_t lane, std::uint64_t address) const {
  const auto known = lanes_.find(lane);
  return known == lanes_.end() || known->second.left_out != address;
}

}  // namespace heaptape
