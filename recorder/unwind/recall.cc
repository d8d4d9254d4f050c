#include "recorder/unwind/recall.h"

#include <atomic>

namespace heaptape::unwind {

void Recalls::keep(std::uint64_t frame, std::uint32_t epoch, const Trace& trace, std::uint32_t id) noexcept {
  if (vacancy_ == nullptr || !trace.complete || trace.count == 0) return;
  Entry& entry = *vacancy_;
  entry.frame = 0;  // left in the middle (siglongjmp), it stays empty
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::uint32_t count = 0;
  const auto add = [&](std::uint64_t slot) {
    entry.offsets[count] = static_cast<std::uint16_t>((slot - frame) / 8);
    entry.values[count++] = word_at(slot);
  };
  for (std::uint32_t i = 0; i < trace.count; ++i) {
    const std::uint64_t offset = trace.slots[i] - frame;
    if (offset % 8 != 0 || offset / 8 > UINT16_MAX) return;
    add(trace.slots[i]);
  }
  while (count % kStride != 0) add(trace.slots[0]);
  entry.count = static_cast<std::uint8_t>(count);
  entry.worth = kHitWorth;
  entry.epoch = epoch;
  entry.id = id;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  entry.frame = frame;
}

void Recalls::forget() noexcept {
  for (Entry& entry : entries_) entry.frame = 0;
}

}  // namespace heaptape::unwind
