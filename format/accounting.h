// The figures of a tape: takes its events in order, keeps what is live, totals and peaks per layer,
// and counts what does not add up. The writer's and the reader's one source of totals.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "format/address_table.h"
#include "format/estimate.h"
#include "format/opening.h"
#include "format/tape.h"

namespace heaptape {

// Births are never larger: no allocator can serve them, and the live table needs the bit.
inline constexpr std::uint64_t kMaxBlockSize = 0x7fff'ffff'ffff'ffff;

class Accounting {
 public:
  // `forked`: releases without a birth are inherited from the parent. `filtered`: they are of births that were left
  // out. `max_live`: of the table of live blocks. Births beyond it are counted as allocations, but not kept; from then
  // on frees, live figures and peaks are no longer right.
  explicit Accounting(bool forked = false, std::uint64_t max_live = kUnlimited, bool filtered = false)
      : forked_(forked), filtered_(filtered), max_live_(max_live) {}
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;

  // Starts where the opening ends. `in_program`: by stack.
  template <typename InProgram>
  void open(const Opening& opening, const InProgram& in_program) {
    open_figures(opening);
    for (const Block& block : opening.live) open_block(block, in_program(block.stack), opening);
    for (std::size_t i = 0; i < opening.threads.size(); ++i) {
      const auto& reallocated = opening.threads[i].reallocated;
      if (reallocated) open_undo(threads_[i], *reallocated, in_program(reallocated->block.stack), opening);
    }
  }
  // `in_program`: the event's stack belongs to layer `program`. Sizes of births are at most kMaxBlockSize. Answers the
  // size of the live block that a release has ended, else kNoBlock.
  std::uint64_t take(const Event& event, bool in_program);
  static constexpr std::uint64_t kNoBlock = UINT64_MAX;
  // Says that a birth or release at this address is to come: a hint, for speed.
  [[gnu::always_inline]] void expect(std::uint64_t address) const noexcept { live_.prefetch(address); }

  // Whether a release at this address would find its birth. Not to be told where births are unaccounted.
  bool is_live(std::uint64_t address) const noexcept { return live_.contains(address); }

  std::uint64_t events() const { return events_; }
  const LayerTotals& totals() const { return totals_; }
  // Empty as long as every birth is there.
  std::optional<Estimates> estimates() const;
  // The sampling interval in force; 0: every birth is there.
  std::uint64_t interval() const { return sampled_ == nullptr ? 0 : sampled_->interval; }
  // unmatched_frees, overlapping_births, earlier_frees, inherited_frees, left_out_frees, unaccounted_births; the rest
  // is 0. With unaccounted births frees that match no birth may be theirs, and are not counted.
  const Ledger& ledger() const { return ledger_; }

  // Largest live bytes after any event since the last call.
  struct Maxima {
    std::uint64_t program = 0, all = 0;
  };
  Maxima take_maxima();

 private:
  struct LiveBlock {
    std::uint64_t size = 0;
    std::uint32_t thread = 0;  // that bore it
    bool in_program = false;
  };
  // What `restored` takes back. Only the thread's newest release by realloc is kept.
  struct Undo {
    bool possible = false;
    bool matched = false;  // else the release was counted under `loss`
    bool temporary = false;
    bool was_newest = false;  // of its thread, then at its birth number `births`
    Loss loss{};
    std::uint64_t births = 0;
    std::uint64_t address = 0;
    float interval = 0;
    LiveBlock block;
  };
  // What the first `rate` event begins.
  struct Sampled {
    Estimator program, all;
    std::uint64_t interval = 0;  // in force
    std::uint64_t largest = 0;
    AddressTable intervals;  // of live blocks, at their birth, where that is not 0
  };
  struct PerThread {
    bool has_newest = false;  // the newest birth of this thread is still live, at `newest`
    std::uint64_t newest = 0;
    std::uint64_t births = 0;
    Undo undo;
  };

  // A block that fits is one word: size:40 | thread:22 | in_program:1 | 1. The word of another one is its number in
  // `large_`, doubled.
  std::uint64_t pack(const LiveBlock& block);
  LiveBlock unpack(std::uint64_t value);

  void open_figures(const Opening& opening);
  void open_block(const Block& block, bool in_program, const Opening& opening);
  void open_undo(PerThread& thread, const Reallocated& reallocated, bool in_program, const Opening& opening);
  PerThread& thread(ThreadId id);
  void birth(const Event& event, bool in_program);
  void leave_unaccounted(const Event& event, bool in_program);
  std::uint64_t release(const Event& event);
  void restore(const Event& event);
  bool end_newest(const LiveBlock& block, std::uint64_t address);
  bool has_room_for(std::uint64_t address) const { return live_.size() < max_live_ || live_.contains(address); }
  void begin_rate(std::uint64_t interval);
  void pass(ThreadId id);
  // Enters the block's interval for its address, or takes it out.
  void keep_interval(std::uint64_t address, float interval);
  float take_interval(std::uint64_t address);
  template <typename Change>
  void estimate(const LiveBlock& block, float interval, Change change);
  void add_live(LiveBlock block);
  void drop_live(LiveBlock block);
  void note_peaks(const Event& event);
  Loss loss_of_unmatched() const;

  bool forked_;
  bool filtered_;
  std::uint64_t max_live_;
  bool was_paused_ = false;
  std::uint64_t events_ = 0;
  LayerTotals totals_;
  Ledger ledger_;
  Maxima maxima_;
  AddressTable live_;
  std::unordered_map<std::uint64_t, LiveBlock> large_;  // by number
  std::uint64_t next_large_ = 0;
  std::vector<PerThread> threads_;
  std::unique_ptr<Sampled> sampled_;
};

}  // namespace heaptape
