#include "format/accounting.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace heaptape {
namespace {

// What a word of the live table has room for.
constexpr std::uint64_t kLargeSize = std::uint64_t{1} << 40;
constexpr std::uint32_t kManyThreads = 1u << 22;

void note_peak(Totals& totals, std::uint64_t time_ns, std::uint64_t event) {
  if (totals.live_bytes <= totals.peak_bytes) return;
  totals.peak_bytes = totals.live_bytes;
  totals.peak_blocks = totals.live_blocks;
  totals.peak_time_ns = time_ns;
  totals.peak_event = event;
}

void count_birth(Totals& totals, std::uint64_t size) {
  ++totals.allocations;
  totals.allocated_bytes += size;
}

void count_free(Totals& totals, std::uint64_t size, bool temporary) {
  ++totals.frees;
  totals.freed_bytes += size;
  totals.temporary += temporary ? 1 : 0;
}

void take_back_free(Totals& totals, std::uint64_t size, bool temporary) {
  --totals.frees;
  totals.freed_bytes -= size;
  totals.temporary -= temporary ? 1 : 0;
}

}  // namespace

void Accounting::open_figures(const Opening& opening) {
  events_ = opening.events;
  totals_ = opening.totals;
  ledger_ = opening.ledger;
  was_paused_ = opening.was_paused;
  std::size_t threads = opening.threads.size();
  for (const OpeningThread& thread : opening.threads)
    if (thread.reallocated) threads = std::max(threads, static_cast<std::size_t>(thread.reallocated->block.thread) + 1);
  threads_.resize(threads);
}

void Accounting::open_block(const Block& block, bool in_program, const Opening& opening) {
  const auto id = static_cast<std::uint32_t>(block.thread);
  live_.put(block.address, pack({block.size, id, in_program}));
  if (id >= threads_.size()) threads_.resize(id + 1);
  if (id >= opening.threads.size() || opening.threads[id].last_birth != block.birth_event) return;
  threads_[id].has_newest = true;
  threads_[id].newest = block.address;
}

void Accounting::open_undo(PerThread& by, const Reallocated& reallocated, bool in_program, const Opening& opening) {
  const Block& block = reallocated.block;
  const auto id = static_cast<std::uint32_t>(block.thread);
  by.undo.possible = true;
  by.undo.matched = block.birth_event != 0;
  by.undo.temporary = reallocated.was_temporary;
  by.undo.was_newest = id < opening.threads.size() && opening.threads[id].last_birth == block.birth_event;
  by.undo.loss = reallocated.loss;
  by.undo.address = block.address;
  by.undo.block = {block.size, id, in_program};
}

std::uint64_t Accounting::take(const Event& event, bool in_program) {
  ++events_;
  std::uint64_t released_bytes = kNoBlock;
  switch (event.kind) {
    case EventKind::birth:
      birth(event, in_program);
      break;
    case EventKind::release:
      released_bytes = release(event);
      break;
    case EventKind::restored:
      restore(event);
      break;
    case EventKind::pause:
    case EventKind::resume:
      was_paused_ = true;
      break;
    case EventKind::rate:
      begin_rate(event.size);
      break;
    case EventKind::passed:
      pass(event.thread);
      break;
    case EventKind::mark:
    case EventKind::scope_begin:
    case EventKind::scope_read:
    case EventKind::owns:
    case EventKind::scope_end:
    case EventKind::depth:
      break;
  }
  maxima_.program = std::max(maxima_.program, totals_.program.live_bytes);
  maxima_.all = std::max(maxima_.all, totals_.all.live_bytes);
  return released_bytes;
}

Accounting::Maxima Accounting::take_maxima() { return std::exchange(maxima_, {}); }

inline std::uint64_t Accounting::pack(const LiveBlock& block) {
  if (block.size < kLargeSize && block.thread < kManyThreads) [[likely]]
    return block.size << 24 | std::uint64_t{block.thread} << 2 | (block.in_program ? 2 : 0) | 1;
  large_.emplace(next_large_, block);
  return next_large_++ << 1;
}

inline Accounting::LiveBlock Accounting::unpack(std::uint64_t value) {
  if ((value & 1) != 0) [[likely]]
    return {value >> 24, static_cast<std::uint32_t>(value >> 2) & (kManyThreads - 1), (value & 2) != 0};
  const auto node = large_.extract(value >> 1);
  return node.mapped();
}

inline Accounting::PerThread& Accounting::thread(ThreadId id) {
  const auto index = static_cast<std::size_t>(id);
  if (index >= threads_.size()) threads_.resize(index + 1);
  return threads_[index];
}

// The block is live no more. Answers whether it was the newest birth of its thread.
inline bool Accounting::end_newest(const LiveBlock& block, std::uint64_t address) {
  PerThread& by = threads_[block.thread];
  const bool was = by.has_newest && by.newest == address;
  if (was) by.has_newest = false;
  return was;
}

void Accounting::birth(const Event& event, bool in_program) {
  if (!has_room_for(event.address)) [[unlikely]]
    return leave_unaccounted(event, in_program);
  PerThread& by = thread(event.thread);
  const LiveBlock block{event.size, static_cast<std::uint32_t>(event.thread), in_program};
  if (const auto old = live_.put(event.address, pack(block))) {
    ++ledger_[Loss::overlapping_births];
    const LiveBlock overlapped = unpack(*old);
    drop_live(overlapped);
    end_newest(overlapped, event.address);
    if (sampled_) [[unlikely]]
      estimate(overlapped, take_interval(event.address), [](Estimator& one, const Weight& w) { one.drop(w); });
  }
  count_birth(totals_.all, block.size);
  if (in_program) count_birth(totals_.program, block.size);
  add_live(block);
  note_peaks(event);
  if (sampled_) [[unlikely]] {
    const auto interval = static_cast<float>(sampled_->interval);
    keep_interval(event.address, interval);
    estimate(block, interval, [&](Estimator& one, const Weight& w) { one.bear(w, event.time_ns, events_); });
  }
  ++by.births;
  by.undo.possible = false;
  by.has_newest = true;
  by.newest = event.address;
}

void Accounting::leave_unaccounted(const Event& event, bool in_program) {
  ++ledger_[Loss::unaccounted_births];
  count_birth(totals_.all, event.size);
  if (in_program) count_birth(totals_.program, event.size);
  PerThread& by = thread(event.thread);
  ++by.births;
  by.undo.possible = false;
  by.has_newest = false;
}

std::uint64_t Accounting::release(const Event& event) {
  Undo undo;
  undo.address = event.address;
  if (const auto value = live_.erase(event.address)) {
    undo.matched = true;
    undo.block = unpack(*value);
    undo.was_newest = end_newest(undo.block, event.address);
    undo.births = threads_[undo.block.thread].births;
    undo.temporary = undo.was_newest && ThreadId{undo.block.thread} == event.thread;
    drop_live(undo.block);
    count_free(totals_.all, undo.block.size, undo.temporary);
    if (undo.block.in_program) count_free(totals_.program, undo.block.size, undo.temporary);
    if (sampled_) [[unlikely]] {
      undo.interval = take_interval(event.address);
      estimate(undo.block, undo.interval, [&](Estimator& one, const Weight& w) { one.release(w, undo.temporary); });
    }
  } else {
    if (ledger_[Loss::unaccounted_births] != 0) return kNoBlock;
    undo.loss = loss_of_unmatched();
    ++ledger_[undo.loss];
  }
  if (event.function == Function::realloc) {
    undo.possible = true;
    thread(event.thread).undo = undo;
  }
  return undo.matched ? undo.block.size : kNoBlock;
}

void Accounting::restore(const Event& event) {
  const Undo undo = std::exchange(thread(event.thread).undo, {});
  if (!undo.possible || undo.address != event.address) return;
  if (!undo.matched) {
    --ledger_[undo.loss];
    return;
  }
  if (const auto value = live_.erase(event.address)) {  // only on a tape that contradicts itself
    ++ledger_[Loss::overlapping_births];
    const LiveBlock usurper = unpack(*value);
    drop_live(usurper);
    end_newest(usurper, event.address);
    if (sampled_) estimate(usurper, take_interval(event.address), [](Estimator& one, const Weight& w) { one.drop(w); });
  }
  live_.put(undo.address, pack(undo.block));
  take_back_free(totals_.all, undo.block.size, undo.temporary);
  if (undo.block.in_program) take_back_free(totals_.program, undo.block.size, undo.temporary);
  add_live(undo.block);
  note_peaks(event);
  if (sampled_) {
    keep_interval(undo.address, undo.interval);
    estimate(undo.block, undo.interval,
             [&](Estimator& one, const Weight& w) { one.restore(w, undo.temporary, event.time_ns, events_); });
  }
  PerThread& by = threads_[undo.block.thread];
  if (!undo.was_newest || by.births != undo.births) return;
  by.has_newest = true;
  by.newest = undo.address;
}

// Births of the thread are missing from the tape.
void Accounting::pass(ThreadId id) {
  PerThread& by = thread(id);
  ++by.births;
  by.has_newest = false;
}

void Accounting::begin_rate(std::uint64_t interval) {
  if (!sampled_) {
    if (interval == 0) return;
    sampled_ = std::make_unique<Sampled>();
    sampled_->program = Estimator(totals_.program);
    sampled_->all = Estimator(totals_.all);
  }
  sampled_->interval = interval;
  sampled_->largest = std::max(sampled_->largest, interval);
}

void Accounting::keep_interval(std::uint64_t address, float interval) {
  if (interval > 0) sampled_->intervals.put(address, std::bit_cast<std::uint32_t>(interval));
}

float Accounting::take_interval(std::uint64_t address) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(sampled_->intervals.erase(address).value_or(0)));
}

template <typename Change>
void Accounting::estimate(const LiveBlock& block, float interval, Change change) {
  const Weight weight = weight_of(block.size, interval);
  change(sampled_->all, weight);
  if (block.in_program) change(sampled_->program, weight);
}

std::optional<Estimates> Accounting::estimates() const {
  if (!sampled_) return std::nullopt;
  return Estimates{sampled_->program.estimate(), sampled_->all.estimate(), sampled_->largest};
}

void Accounting::add_live(LiveBlock block) {
  totals_.all.live_bytes += block.size;
  ++totals_.all.live_blocks;
  if (!block.in_program) return;
  totals_.program.live_bytes += block.size;
  ++totals_.program.live_blocks;
}

void Accounting::drop_live(LiveBlock block) {
  totals_.all.live_bytes -= block.size;
  --totals_.all.live_blocks;
  if (!block.in_program) return;
  totals_.program.live_bytes -= block.size;
  --totals_.program.live_blocks;
}

void Accounting::note_peaks(const Event& event) {
  note_peak(totals_.all, event.time_ns, events_);
  note_peak(totals_.program, event.time_ns, events_);
}

Loss Accounting::loss_of_unmatched() const {
  if (filtered_ || sampled_) return Loss::left_out_frees;
  if (forked_) return Loss::inherited_frees;
  return was_paused_ ? Loss::earlier_frees : Loss::unmatched_frees;
}

}  // namespace heaptape
