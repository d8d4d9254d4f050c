#include "tests/format/naive_accounting.h"

#include <map>
#include <optional>

namespace heaptape {
namespace {

struct Block {
  std::uint64_t size = 0;
  bool in_program = false;
  ThreadId born_by{};
  std::uint64_t number = 0;  // of its birth among its thread's
};

struct Released {
  std::uint64_t address = 0;
  std::optional<Block> block;
  bool was_temporary = false;
  Loss loss{};
};

class Naive {
 public:
  Naive(const std::vector<Frame>& frames, bool forked) : frames_(frames), forked_(forked) {}

  void take(const Event& event) {
    ++number_;
    if (event.kind == EventKind::pause || event.kind == EventKind::resume) paused_ = true;
    if (event.kind == EventKind::rate && event.size != 0) sampled_ = true;
    if (event.kind == EventKind::passed) ++births_[event.thread];
    if (event.kind == EventKind::birth) birth(event);
    if (event.kind == EventKind::release) release(event);
    if (event.kind == EventKind::restored) restore(event);
    note(figures.totals.all, false, event.time_ns);
    note(figures.totals.program, true, event.time_ns);
  }

  NaiveFigures figures;

 private:
  // Sums over everything live, anew after every event.
  void note(Totals& totals, bool program_only, std::uint64_t time_ns) const {
    totals.live_bytes = totals.live_blocks = 0;
    for (const auto& [address, block] : live_) {
      if (program_only && !block.in_program) continue;
      totals.live_bytes += block.size;
      ++totals.live_blocks;
    }
    if (totals.live_bytes <= totals.peak_bytes) return;
    totals.peak_bytes = totals.live_bytes;
    totals.peak_blocks = totals.live_blocks;
    totals.peak_time_ns = time_ns;
    totals.peak_event = number_;
  }

  template <typename Change>
  void change(const Block& block, Change apply) {
    apply(figures.totals.all);
    if (block.in_program) apply(figures.totals.program);
  }

  void birth(const Event& event) {
    const Block block{event.size, frames_[static_cast<std::size_t>(event.stack)].in_program, event.thread,
                      ++births_[event.thread]};
    if (live_.count(event.address) != 0) ++figures.ledger[Loss::overlapping_births];
    live_[event.address] = block;
    change(block, [&](Totals& totals) { ++totals.allocations, totals.allocated_bytes += block.size; });
    undo_.erase(event.thread);
  }

  void release(const Event& event) {
    Released released{event.address, std::nullopt, false, Loss::unmatched_frees};
    if (const auto found = live_.find(event.address); found != live_.end()) {
      const Block block = found->second;
      released.block = block;
      released.was_temporary = block.born_by == event.thread && block.number == births_[event.thread];
      change(block, [&](Totals& totals) {
        ++totals.frees, totals.freed_bytes += block.size, totals.temporary += released.was_temporary;
      });
      live_.erase(found);
    } else {
      released.loss = sampled_  ? Loss::left_out_frees
                      : forked_ ? Loss::inherited_frees
                      : paused_ ? Loss::earlier_frees
                                : Loss::unmatched_frees;
      ++figures.ledger[released.loss];
    }
    if (event.function == Function::realloc) undo_[event.thread] = released;
  }

  void restore(const Event& event) {
    const auto found = undo_.find(event.thread);
    if (found == undo_.end()) return;
    const Released released = found->second;
    undo_.erase(found);
    if (released.address != event.address) return;
    if (!released.block) {
      --figures.ledger[released.loss];
      return;
    }
    const Block block = *released.block;
    change(block, [&](Totals& totals) {
      --totals.frees, totals.freed_bytes -= block.size, totals.temporary -= released.was_temporary;
    });
    if (live_.count(event.address) != 0) ++figures.ledger[Loss::overlapping_births];
    live_[event.address] = block;
  }

  const std::vector<Frame>& frames_;
  bool forked_, paused_ = false, sampled_ = false;
  std::uint64_t number_ = 0;
  std::map<std::uint64_t, Block> live_;
  std::map<ThreadId, std::uint64_t> births_;
  std::map<ThreadId, Released> undo_;
};

}  // namespace

NaiveFigures account_naively(std::span<const Event> events, const std::vector<Frame>& frames, bool forked) {
  Naive naive(frames, forked);
  for (const Event& event : events) naive.take(event);
  return naive.figures;
}

}  // namespace heaptape
