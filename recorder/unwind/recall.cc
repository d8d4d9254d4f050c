#include "recorder/unwind/recall.h"

#include <atomic>

namespace heaptape::unwind {

void Recalls::keep(std::uint64_t frame, std::uint32_t epoch, const Trace& trace, std::uint32_t id) noexcept {
  if (!trace.complete || trace.count == 0) return;
  Entry& entry = entry_of(frame);
  if (entry.rest != 0) {
    --entry.rest;
    return;
  }
  if (entry.frame == frame && entry.worth-- == 0) {
    entry.rest = kLongestRest;
    entry.worth = 1;
    return;
  }
  if (entry.frame != frame) entry.worth = 1;
  entry.frame = 0;  // left in the middle (siglongjmp), it stays empty
  std::atomic_signal_fence(std::memory_order_seq_cst);
  for (std::uint32_t i = 0; i < trace.count; ++i) {
    const std::uint64_t offset = trace.slots[i] - frame;
    if (offset > UINT32_MAX) return;
    entry.offsets[i] = static_cast<std::uint32_t>(offset);
    entry.values[i] = word_at(trace.slots[i]);
  }
  std::uint32_t count = trace.count;
  for (; count % kStride != 0; ++count) {
    entry.offsets[count] = entry.offsets[0];
    entry.values[count] = entry.values[0];
  }
  entry.count = static_cast<std::uint8_t>(count);
  entry.epoch = epoch;
  entry.id = id;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  entry.frame = frame;
}

void Recalls::forget() noexcept {
  for (Entry& entry : entries_) entry.frame = 0;
}

}  // namespace heaptape::unwind
