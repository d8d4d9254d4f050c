// Blocks of events, settled: what is born and released within one is counted and done with, knowing nothing of what
// came before. What is left waits for the order of blocks (whole_costs.cc).
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "analyzer/growth.h"
#include "analyzer/membership.h"
#include "format/address_model.h"
#include "format/event_fields.h"
#include "format/large_memory.h"
#include "format/reader.h"

namespace heaptape {

// What an event does to the layer's live bytes and blocks in one number: a birth the bytes and one, a release the same
// below zero. So a block of no bytes counts.
constexpr std::int64_t change_of_birth(std::uint64_t size) { return static_cast<std::int64_t>(size) + 1; }

// Larger blocks are left to a replay, so that the sums of a block of events can't overflow.
inline constexpr std::uint64_t kMostSettledBytes = std::uint64_t{1} << 40;
static_assert(kMostSettledBytes * kMaxEventsPerBlock < std::uint64_t{1} << 62);

// The births of stacks. Most nodes of a tree of calls are no stack: they take four bytes.
class StackCounts {
 public:
  struct Counts {
    StackId stack = kEmptyStack;
    std::uint64_t count = 0, allocated = 0, temporary = 0;
  };
  explicit StackCounts(std::size_t stacks) : number_of_(stacks) {}
  Counts& of(StackId stack) {
    std::uint32_t& number = number_of_[static_cast<std::size_t>(stack)];
    if (number == 0) {
      number = static_cast<std::uint32_t>(counts_.size());
      counts_.push_back({.stack = stack});
    }
    return counts_[number];
  }
  // Says that of() is to be asked for the stack, and then that it is soon to be.
  [[gnu::always_inline]] void prefetch(StackId stack) const noexcept {
    __builtin_prefetch(&number_of_[static_cast<std::size_t>(stack)], 1);
  }
  [[gnu::always_inline]] void prefetch_counts(StackId stack) const noexcept {
    __builtin_prefetch(&counts_[number_of_[static_cast<std::size_t>(stack)]], 1);
  }
  std::span<const Counts> all() const { return std::span(counts_).subspan(1); }

 private:
  LargeVector<std::uint32_t> number_of_;  // in counts_; 0: none yet
  std::vector<Counts> counts_{1};         // the first one is no stack's
};

// What a block of events leaves to the order of blocks.
struct SettledBlock {
  static constexpr std::uint32_t kNone = UINT32_MAX, kBefore = kNone - 1;
  // A birth whose release is not in the block, or a release whose birth is not.
  struct Loose {
    std::uint64_t address;
    std::uint64_t size;   // of a birth
    StackId stack;        // of a birth
    std::uint32_t place;  // in the block's events
    // Of a release: where its thread's last birth was then; kNone: it is not known to have any; kBefore: before the
    // block. Of a birth, while the block is settled: the place of its release; kNone: not yet.
    std::uint32_t other;
    bool is_release;
    bool is_held;       // a birth, by the layer
    bool is_temporary;  // a birth, while the block is settled: its thread bore nothing else until it ended
    ThreadId thread() const { return static_cast<ThreadId>(size); }  // of a release
  };
  struct ThreadEnd {
    ThreadId thread;
    std::uint32_t last_birth;  // as above
  };
  struct Moment {
    std::uint32_t first;  // event of that time
    std::uint64_t time_ns;
  };
  struct Held {
    StackId stack;
    std::uint64_t size;
  };
  // Where a step of growth begins, and what lived and died in this block of events and was live then.
  struct Cut {
    std::uint32_t place;
    std::uint64_t time_ns;
    std::vector<Held> across;
  };
  LargeVector<Loose> loose;  // in order of place
  std::vector<ThreadEnd> threads;
  std::vector<Moment> moments;                          // in order
  std::vector<std::pair<std::uint32_t, Event>> others;  // by place: what is no birth and no release
  std::vector<Cut> cuts;                                // in order; the first one is at the block's begin
  std::vector<Held> across_peak;                        // as Cut::across, of what was live right after its peak
  LargeVector<std::int64_t> change;                     // by event; of loose releases 0: what they end is not known
  bool is_plain = false;                                // it is sound, and has no event that takes a replay
};

// Unpacks blocks of events and settles them. For one thread.
class BlockSettler {
 public:
  // `growth`: knows the steps, or null. `lists_others`: what other() of a pass is told is wanted. All must outlive
  // this.
  BlockSettler(const TapeReader& tape, const Membership& membership, const GrowthPass* growth, bool lists_others)
      : tape_(&tape),
        membership_(&membership),
        growth_(growth),
        lists_others_(lists_others),
        counts_(tape.frames().size()),
        threads_(tape.threads().size()) {}

  void settle(std::size_t index, SettledBlock& to);
  std::span<const StackCounts::Counts> counts() const { return counts_.all(); }

  // For the unpacker.
  [[gnu::always_inline]] void birth(const Event& event, std::uint32_t place) {
    see(event, place);
    record_of_[place] = static_cast<std::uint32_t>(next_ - loose_);
    *next_++ = {.address = event.address,
                .size = event.size,
                .stack = event.stack,
                .place = place,
                .other = SettledBlock::kNone,
                .is_release = false,
                .is_held = false,
                .is_temporary = false};
    is_plain_ &= event.size < kMostSettledBytes;
    set_last_birth(event.thread, place);
  }
  [[gnu::always_inline]] void release(const Event& event, std::uint32_t place, std::uint32_t birth) {
    see(event, place);
    const std::uint32_t last = last_birth(event.thread);
    if (birth < place) {
      SettledBlock::Loose& born = loose_[record_of_[birth]];
      if (born.other == SettledBlock::kNone) {
        born.other = place;
        born.is_temporary = last == birth;
        return;
      }
    }
    *next_++ = {.address = event.address,
                .size = static_cast<std::uint64_t>(event.thread),
                .stack = kEmptyStack,
                .place = place,
                .other = last,
                .is_release = true,
                .is_held = false,
                .is_temporary = false};
  }
  void other(const Event& event, std::uint32_t place) {
    see(event, place);
    if (event.kind == EventKind::passed) set_last_birth(event.thread, SettledBlock::kNone);
    is_plain_ &= event.kind != EventKind::restored && event.kind != EventKind::rate;
    if (lists_others_ && event.kind != EventKind::passed) to_->others.emplace_back(place, event);
  }

 private:
  struct Thread {
    std::uint32_t block = 0;  // that last_birth is of
    std::uint32_t last_birth = 0;
  };
  void see(const Event& event, std::uint32_t place) {
    if (event.time_ns != time_ns_ || place == 0) [[unlikely]]
      begin_moment(event.time_ns, place);
  }
  [[gnu::noinline]] void begin_moment(std::uint64_t time_ns, std::uint32_t place) {
    time_ns_ = time_ns;
    to_->moments.push_back({place, time_ns});
  }
  std::uint32_t last_birth(ThreadId id) const {
    const Thread& thread = threads_[static_cast<std::size_t>(id)];
    return thread.block == block_ ? thread.last_birth : SettledBlock::kBefore;
  }
  void set_last_birth(ThreadId id, std::uint32_t place) {
    Thread& thread = threads_[static_cast<std::size_t>(id)];
    if (thread.block != block_) met_.push_back(id);
    thread = {block_, place};
  }
  bool unpack(std::size_t index);
  void cut();
  void count(std::uint64_t peak);

  const TapeReader* tape_;
  const Membership* membership_;
  const GrowthPass* growth_;
  bool lists_others_;
  StackCounts counts_;  // of what the layer holds
  RawBlock raw_;
  DecoderHabits habits_;
  // Of the block at hand.
  SettledBlock* to_ = nullptr;
  SettledBlock::Loose *loose_ = nullptr, *next_ = nullptr;  // in to_->loose: its begin, and where the next one goes
  std::uint32_t block_ = 0;                                 // counts those that were settled
  std::uint64_t time_ns_ = 0;
  bool is_plain_ = false;
  std::vector<Thread> threads_;
  std::vector<ThreadId> met_;             // that have a last birth in this block
  LargeVector<std::uint32_t> record_of_;  // by place of a birth: where it is in `loose`
};

}  // namespace heaptape
