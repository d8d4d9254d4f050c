#include "recorder/guest/lane.h"

#include <string.h>

#include "recorder/guest/frame_position.h"
#include "recorder/guest/image.h"
#include "recorder/guest/signal_atomic.h"

namespace heaptape::guest {
namespace {

constexpr std::uint64_t pack_cursor(std::uint32_t chunk, std::uint32_t slot) noexcept {
  return (std::uint64_t{chunk} + 1) << 32 | slot;
}

void give_up(Chunk& chunk, std::uint32_t begin, std::uint32_t end) noexcept {
  const std::uint64_t blank = pack_commit(0, chunk.generation, SlotKind::blank, 0);
  for (std::uint32_t slot = begin; slot < end; ++slot) chunk.slots[slot].commit.store(blank, std::memory_order_release);
}

// The slots of an append that was left will never be committed by anyone else.
void close_abandoned(ThreadState& thread, std::uintptr_t here) noexcept {
  while (thread.open_count > 0) {
    const bool known = thread.open_count <= ThreadState::kMostOpen;
    const auto open = thread.open[known ? thread.open_count - 1 : ThreadState::kMostOpen - 1];
    if (!was_left(open.position, here)) return;
    if (known) give_up(*open.chunk, open.slot, open.slot + open.slots);
    --thread.open_count;
  }
}

// A free chunk's index, ours from now on.
bool take_free_chunk(std::uint64_t owner, std::uint32_t& index) noexcept {
  MappingHeader& header = *image.header;
  const std::uint32_t ready = header.chunks_ready.load(std::memory_order_acquire);
  const std::uint32_t first = header.first_free.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < ready; ++i) {
    const std::uint32_t candidate = (first + i) % ready;
    std::atomic<std::uint64_t>& word = image.chunks[candidate].owner;
    std::uint64_t expected = 0;
    if (word.load(std::memory_order_relaxed) != 0) continue;
    if (!word.compare_exchange_strong(expected, owner, std::memory_order_acq_rel)) continue;
    index = candidate;
    return true;
  }
  return false;
}

bool gave_up_waiting(std::uint32_t freed_seen) noexcept {
  return image.process->waited_in_vain.load(std::memory_order_relaxed) == freed_seen + 1;
}

// Waits until the drain has freed something. False: it is dead, it has written nothing for half a minute of this
// thread's own waiting (a suspended machine does not count), or the policy is to drop.
bool wait_for_drain(std::uint32_t freed_seen) noexcept {
  constexpr int kMostWaits = 1500;
  constexpr std::uint32_t kWaitMilliseconds = 20;
  SessionDirectory& directory = *image.directory;
  MappingHeader& header = *image.header;
  if (directory.drop_when_full.load(std::memory_order_relaxed) != 0 && !drain_has_died(directory)) return false;
  if (gave_up_waiting(freed_seen)) return false;
  header.waiting.fetch_add(1, std::memory_order_relaxed);
  bool freed = false;
  std::uint32_t progress = directory.progress.load(std::memory_order_relaxed);
  for (int turn = 0; turn < kMostWaits && !freed && !drain_has_died(directory); ++turn) {
    if (const std::uint32_t now = directory.progress.load(std::memory_order_relaxed); now != progress) {
      progress = now;  // slow, not stuck
      turn = 0;
    }
    ring_doorbell();
    futex_wait(header.freed, freed_seen, kWaitMilliseconds);
    freed = header.freed.load(std::memory_order_acquire) != freed_seen;
  }
  header.waiting.fetch_sub(1, std::memory_order_relaxed);
  if (!freed) image.process->waited_in_vain.store(freed_seen + 1, std::memory_order_relaxed);
  return freed;
}

// Gives the thread a fresh chunk, unless a signal handler did so meanwhile.
bool refill(ThreadState& thread, std::uint64_t cursor_seen) noexcept {
  const KeepErrno keep;
  std::uint32_t serial;
  if (!process_serial(serial)) return false;
  const std::uint64_t owner = pack_owner(serial, thread.lane);
  for (;;) {
    const std::uint64_t now = thread.cursor;
    if (now >> 32 != cursor_seen >> 32) return true;
    const std::uint32_t freed = image.header->freed.load(std::memory_order_acquire);
    if (gave_up_waiting(freed) && drain_has_died(*image.directory)) return false;  // nobody frees any more
    std::uint32_t index;
    if (!take_free_chunk(owner, index)) {
      if (!wait_for_drain(freed)) return false;
      continue;
    }
    Chunk& chunk = image.chunks[index];
    chunk.sequence = thread.sequence;
    chunk.tid = thread.tid.load(std::memory_order_relaxed);
    if (signal_compare_exchange(thread.cursor, now, pack_cursor(index, 0))) {
      ++thread.sequence;
      return true;
    }
    chunk.owner.store(0, std::memory_order_release);  // nothing was written to it
  }
}

}  // namespace

void count_dropped() noexcept {
  if (recording.load(std::memory_order_relaxed) == Recording::inert) return;  // a fork that is left out
  image.header->counts.dropped_events.fetch_add(1, std::memory_order_relaxed);
}

void close_lane(ThreadState& thread) noexcept {
  const std::uint64_t cursor = thread.cursor;
  const auto slot = static_cast<std::uint32_t>(cursor);
  thread.cursor = 0;
  if (cursor >> 32 == 0) return;
  Chunk& chunk = image.chunks[(cursor >> 32) - 1];
  // The drain may be about to take the chunk of a dead thread back: one of us gets it.
  const std::uint64_t owner = chunk.owner.load(std::memory_order_acquire);
  std::uint64_t expected = owner;
  if (static_cast<std::uint32_t>(owner) != thread.lane ||
      !chunk.owner.compare_exchange_strong(expected, owner | kClosing, std::memory_order_acq_rel))
    return;
  for (std::uint32_t i = 0; i < thread.open_count && i < ThreadState::kMostOpen; ++i)
    if (thread.open[i].chunk == &chunk) give_up(chunk, thread.open[i].slot, thread.open[i].slot + thread.open[i].slots);
  if (slot < kSlotsPerChunk) give_up(chunk, slot, kSlotsPerChunk);
  chunk.reserved.store(kSlotsPerChunk, std::memory_order_release);
  chunk.owner.store(owner, std::memory_order_release);
}

Append::Append(ThreadState& thread, std::uint32_t slots) noexcept : thread_(thread) {
  const std::uintptr_t here = frame_position();
  if (thread.open_count != 0) [[unlikely]]
    close_abandoned(thread, here);
  for (;;) {
    std::uint64_t cursor = thread.cursor;
    // A full chunk's cursor stays as it is, however often an append finds it so.
    if (static_cast<std::uint32_t>(cursor) < kSlotsPerChunk) cursor = signal_fetch_add(thread.cursor, slots);
    const auto chunk = static_cast<std::uint32_t>(cursor >> 32);
    const auto slot = static_cast<std::uint32_t>(cursor);
    if (chunk != 0 && slot + slots <= kSlotsPerChunk) [[likely]] {
      chunk_ = &image.chunks[chunk - 1];
      slot_ = slot;
      break;
    }
    if (chunk != 0 && slot < kSlotsPerChunk) {  // too short for this record: what is left goes unused
      give_up(image.chunks[chunk - 1], slot, kSlotsPerChunk);
      image.chunks[chunk - 1].reserved.store(kSlotsPerChunk, std::memory_order_release);
    }
    if (!refill(thread, cursor)) return;
  }
  opened_ = thread.open_count;
  if (opened_ < ThreadState::kMostOpen) thread.open[opened_] = {chunk_, slot_, slots, here};
  std::atomic_signal_fence(std::memory_order_seq_cst);
  thread.open_count = opened_ + 1;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  chunk_->reserved.store(slot_ + slots, std::memory_order_release);
}

void Append::payload(std::uint32_t offset_slots, const void* data, std::size_t bytes) noexcept {
  const std::uint64_t word = pack_commit(0, chunk_->generation, SlotKind::payload, 0);
  auto* slot = reinterpret_cast<PayloadSlot*>(&chunk_->slots[slot_ + 1 + offset_slots]);
  const auto* from = static_cast<const unsigned char*>(data);
  for (; bytes > 0; ++slot) {
    const std::size_t piece = bytes < sizeof slot->bytes ? bytes : sizeof slot->bytes;
    memcpy(slot->bytes, from, piece);
    slot->commit.store(word, std::memory_order_release);
    from += piece;
    bytes -= piece;
  }
}

void Append::commit(SlotKind kind, std::uint8_t function, std::uint32_t stack) noexcept {
  head().commit.store(pack_commit(stack, chunk_->generation, kind, function), std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  thread_.open_count = opened_;
}

}  // namespace heaptape::guest
