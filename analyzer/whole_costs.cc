#include "analyzer/whole_costs.h"

#include <algorithm>

#include "analyzer/open_births.h"
#include "analyzer/replay.h"
#include "format/ahead.h"
#include "format/event_unpacker.h"
#include "format/large_memory.h"

namespace heaptape {
namespace {

constexpr std::size_t kAhead = 16;  // what an event will touch is fetched this many events before

// Larger blocks are left to a replay, so that the sums of a block of events can't overflow.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;
static_assert(kMostBytes * kMaxEventsPerBlock < std::uint64_t{1} << 62);

// What an event does to the layer's live bytes and blocks in one number: a birth the bytes and one, a release the same
// below zero. So a block of no bytes counts.
constexpr std::int64_t change_of_birth(std::uint64_t size) { return static_cast<std::int64_t>(size) + 1; }

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
struct Prepared {
  static constexpr std::uint32_t kNone = UINT32_MAX, kBefore = kNone - 1;
  // A birth whose release is not in the block, or a release whose birth is not.
  struct Loose {
    std::uint64_t address;
    std::uint64_t size;   // of a birth
    StackId stack;        // of a birth
    std::uint32_t place;  // in the block's events
    // Of a release: where its thread's last birth was then; kNone: it is not known to have any; kBefore: before the
    // block. Of a birth, while the block is prepared: the place of its release; kNone: not yet.
    std::uint32_t other;
    bool is_release;
    bool is_held;       // a birth, by the layer
    bool is_temporary;  // a birth, while the block is prepared: its thread bore nothing else until it ended
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

// Unpacks blocks of events, and settles what is born and released within one.
class Preparer {
 public:
  Preparer(const TapeReader& tape, const Membership& membership, const WholeWatchers& watchers)
      : tape_(&tape),
        membership_(&membership),
        watchers_(&watchers),
        counts_(tape.frames().size()),
        threads_(tape.threads().size()) {}

  void prepare(std::size_t index, Prepared& to);
  std::span<const StackCounts::Counts> counts() const { return counts_.all(); }

  // For the unpacker.
  [[gnu::always_inline]] void birth(const Event& event, std::uint32_t place) {
    see(event, place);
    record_of_[place] = static_cast<std::uint32_t>(next_ - loose_);
    *next_++ = {.address = event.address,
                .size = event.size,
                .stack = event.stack,
                .place = place,
                .other = Prepared::kNone,
                .is_release = false,
                .is_held = false,
                .is_temporary = false};
    is_plain_ &= event.size < kMostBytes;
    set_last_birth(event.thread, place);
  }
  [[gnu::always_inline]] void release(const Event& event, std::uint32_t place, std::uint32_t birth) {
    see(event, place);
    const std::uint32_t last = last_birth(event.thread);
    if (birth < place) {
      Prepared::Loose& born = loose_[record_of_[birth]];
      if (born.other == Prepared::kNone) {
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
    if (event.kind == EventKind::passed) set_last_birth(event.thread, Prepared::kNone);
    is_plain_ &= event.kind != EventKind::restored && event.kind != EventKind::rate;
    if (watchers_->others != nullptr && event.kind != EventKind::passed) to_->others.emplace_back(place, event);
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
    return thread.block == block_ ? thread.last_birth : Prepared::kBefore;
  }
  void set_last_birth(ThreadId id, std::uint32_t place) {
    Thread& thread = threads_[static_cast<std::size_t>(id)];
    if (thread.block != block_) met_.push_back(id);
    thread = {block_, place};
  }
  bool unpack(std::size_t index);
  void cut();
  void settle(std::uint64_t peak);

  const TapeReader* tape_;
  const Membership* membership_;
  const WholeWatchers* watchers_;
  StackCounts counts_;  // of what the layer holds
  RawBlock raw_;
  DecoderHabits habits_;
  // Of the block at hand.
  Prepared* to_ = nullptr;
  Prepared::Loose *loose_ = nullptr, *next_ = nullptr;  // in to_->loose: its begin, and where the next one goes
  std::uint32_t block_ = 0;                             // counts those that were prepared
  std::uint64_t time_ns_ = 0;
  bool is_plain_ = false;
  std::vector<Thread> threads_;
  std::vector<ThreadId> met_;             // that have a last birth in this block
  LargeVector<std::uint32_t> record_of_;  // by place of a birth: where it is in `loose`
};

void Preparer::prepare(std::size_t index, Prepared& to) {
  to_ = &to;
  to.threads.clear();
  to.moments.clear();
  to.others.clear();
  to.across_peak.clear();
  ++block_;
  met_.clear();
  is_plain_ = true;
  to.is_plain = unpack(index) && is_plain_;
  if (!to.is_plain) return;
  const BlockEntry& entry = tape_->blocks()[index];
  cut();
  settle(tape_->totals().of(membership_->layer()).peak_event - entry.first_event - 1);
  for (const ThreadId id : met_) to.threads.push_back({id, last_birth(id)});
}

bool Preparer::unpack(std::size_t index) {
  const BlockEntry& entry = tape_->blocks()[index];
  EventColumns columns;
  std::string_view reason;
  if (!tape_->unwrap(index, raw_) || !read_columns(raw_, columns, reason) || columns.count != entry.events)
    return false;
  if (record_of_.size() < columns.count) record_of_.resize(columns.count);
  to_->loose.resize(columns.count);
  loose_ = next_ = to_->loose.data();
  to_->change.resize(columns.count);
  std::fill(to_->change.begin(), to_->change.end(), 0);
  return unpack_events(columns, tape_->definitions(), habits_, *this).empty() &&
         to_->moments.front().time_ns == entry.begin_ns && time_ns_ == entry.end_ns;
}

void Preparer::cut() {
  to_->cuts.clear();
  if (watchers_->growth == nullptr) return;
  std::size_t step = 0;
  for (const auto& [place, time_ns] : to_->moments) {
    const std::size_t now = watchers_->growth->step_of(time_ns);
    if (place == 0 || now != step) to_->cuts.push_back({place, time_ns, {}});
    step = now;
  }
}

// Counts the births, and keeps what is loose. `peak`: the place of the event that the index names, if it is here.
void Preparer::settle(std::uint64_t peak) {
  LargeVector<Prepared::Loose>& all = to_->loose;
  all.resize(static_cast<std::size_t>(next_ - loose_));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + kAhead < all.size()) counts_.prefetch(all[i + kAhead].stack);
    if (i + kAhead / 2 < all.size()) counts_.prefetch_counts(all[i + kAhead / 2].stack);
    Prepared::Loose& one = all[i];
    const bool is_loose = one.is_release || one.other == Prepared::kNone;
    if (!one.is_release && membership_->holds({.stack = one.stack})) {
      StackCounts::Counts& counts = counts_.of(one.stack);
      ++counts.count;
      counts.allocated += one.size;
      counts.temporary += one.is_temporary;
      one.is_held = true;
      to_->change[one.place] = change_of_birth(one.size);
      if (!is_loose) {
        to_->change[one.other] = -change_of_birth(one.size);
        if (one.place <= peak && peak < one.other) to_->across_peak.push_back({one.stack, one.size});
        for (std::size_t n = 1; n < to_->cuts.size(); ++n) {
          Prepared::Cut& cut = to_->cuts[n];
          if (one.place < cut.place && cut.place <= one.other) cut.across.push_back({one.stack, one.size});
        }
      }
    }
    all[kept] = one;
    kept += is_loose;
  }
  all.resize(kept);
}

// Takes prepared blocks of events in their order.
class InOrder {
 public:
  InOrder(const TapeReader& tape, const Membership& membership, const WholeWatchers& watchers)
      : watchers_(watchers),
        tape_(&tape),
        expected_(tape.totals().of(membership.layer())),
        stacks_(tape.frames().size()),
        last_births_(tape.threads().size()) {
    live_.reserve(most_live(tape));
  }

  // False: it takes a replay.
  bool take(std::size_t index, Prepared& prepared);
  std::optional<WholeCosts> finish(std::span<const Preparer> preparers);

 private:
  Costs& of(StackId stack) { return stacks_[static_cast<std::size_t>(stack)]; }
  // What is loose from `paired_` on and before a place in the block.
  bool pair_to(Prepared& prepared, std::uint64_t place);
  void reach(const Prepared::Cut& cut);
  void end(const Prepared::Loose& release, Prepared& prepared);
  // Whether a release that nobody saw the birth of lies within the life of a block at its address that was settled in
  // the block at hand. No encoder writes that: then the release ended it.
  bool is_contradicted(std::size_t index);
  void look_at_peak(const Prepared& prepared);
  void add_up(const Prepared& prepared);
  void add_up(const Prepared& prepared, std::uint32_t first, std::uint32_t last, std::uint64_t time_ns);

  const WholeWatchers watchers_;
  const TapeReader* tape_;
  const Totals expected_;  // as the index says
  CostsByStack stacks_;
  std::vector<std::uint64_t> last_births_;                       // by thread: event number; 0: none
  OpenBirths live_;                                              // of every layer
  std::vector<std::pair<std::uint64_t, std::uint32_t>> unseen_;  // in the block at hand: address and place
  std::size_t paired_ = 0;                                       // of what is loose in the block at hand
  std::uint64_t before_ = 0;                                     // events before the block at hand
  std::int64_t level_ = 0, blocks_ = 0, peak_ = 0;
  std::uint64_t peak_event_ = 0, peak_time_ns_ = 0;
};

bool InOrder::take(std::size_t index, Prepared& prepared) {
  constexpr std::int64_t kMostLevel = std::int64_t{1} << 62;
  if (!prepared.is_plain || level_ >= kMostLevel || level_ <= -kMostLevel) return false;
  const BlockEntry& entry = tape_->blocks()[index];
  before_ = entry.first_event;
  paired_ = 0;
  unseen_.clear();
  const std::uint64_t peak = expected_.peak_event - before_ - 1;  // its place, if it is here
  bool is_peak_due = peak < entry.events;
  const auto take_peak = [&] {
    is_peak_due = false;
    if (!pair_to(prepared, peak + 1)) return false;
    look_at_peak(prepared);
    return true;
  };
  for (const Prepared::Cut& cut : prepared.cuts) {
    if (is_peak_due && peak < cut.place && !take_peak()) return false;
    if (!pair_to(prepared, cut.place)) return false;
    reach(cut);
  }
  if (is_peak_due && !take_peak()) return false;
  if (!pair_to(prepared, entry.events)) return false;
  if (!unseen_.empty() && is_contradicted(index)) return false;
  for (const auto& [thread, last] : prepared.threads)
    last_births_[static_cast<std::size_t>(thread)] = last == Prepared::kNone ? 0 : before_ + last + 1;
  add_up(prepared);
  if (watchers_.others != nullptr)
    for (const auto& [place, event] : prepared.others)
      watchers_.others->other(event, {event.time_ns, before_ + place + 1});
  return true;
}

bool InOrder::pair_to(Prepared& prepared, std::uint64_t place) {
  const LargeVector<Prepared::Loose>& loose = prepared.loose;
  for (; paired_ < loose.size() && loose[paired_].place < place; ++paired_) {
    if (paired_ + kAhead < loose.size()) live_.prefetch(loose[paired_ + kAhead].address);
    const Prepared::Loose& one = loose[paired_];
    if (one.is_release) {
      end(one, prepared);
      continue;
    }
    if (!live_.put({one.address, one.size, before_ + one.place + 1, one.stack, one.is_held})) return false;
    if (watchers_.growth != nullptr && one.is_held) watchers_.growth->add(one.stack, one.size);
  }
  return true;
}

void InOrder::reach(const Prepared::Cut& cut) {
  for (const Prepared::Held& held : cut.across) watchers_.growth->add(held.stack, held.size);
  watchers_.growth->reach({cut.time_ns, before_ + cut.place + 1});
  for (const Prepared::Held& held : cut.across) watchers_.growth->remove(held.stack, held.size);
}

void InOrder::end(const Prepared::Loose& release, Prepared& prepared) {
  const OpenBirth birth = live_.take(release.address);
  if (birth.event == 0) return unseen_.push_back({release.address, release.place});
  const std::uint64_t last = release.other == Prepared::kBefore
                                 ? last_births_[static_cast<std::size_t>(release.thread())]
                             : release.other == Prepared::kNone ? 0
                                                                : before_ + release.other + 1;
  if (!birth.is_held) return;
  if (last == birth.event) ++of(birth.stack).temporary;
  prepared.change[release.place] = -change_of_birth(birth.size);
  if (watchers_.growth != nullptr) watchers_.growth->remove(birth.stack, birth.size);
}

bool InOrder::is_contradicted(std::size_t index) {
  std::sort(unseen_.begin(), unseen_.end());
  DecodedBlock block;
  if (!tape_->decode(index, block)) return true;
  std::vector<bool> has_ended(block.events.size());
  for (std::uint32_t i = 0; i < block.events.size(); ++i) {
    const std::uint32_t birth = block.births[i];
    if (birth == DecodedBlock::kElsewhere || has_ended[birth]) continue;
    has_ended[birth] = true;
    const std::uint64_t address = block.events[i].address;
    const auto next = std::upper_bound(unseen_.begin(), unseen_.end(), std::pair{address, birth});
    if (next != unseen_.end() && next->first == address && next->second < i) return true;
  }
  return false;
}

// What is live right after the event at the peak: what waits for its release by then, and what was born by then and is
// released later in the same block.
void InOrder::look_at_peak(const Prepared& prepared) {
  const auto add = [&](const auto& block) {
    of(block.stack).peak += block.size;
    ++of(block.stack).peak_blocks;
  };
  live_.for_each([&](const OpenBirth& birth) {
    if (birth.is_held) add(birth);
  });
  std::for_each(prepared.across_peak.begin(), prepared.across_peak.end(), add);
}

void InOrder::add_up(const Prepared& prepared) {
  for (std::size_t i = 0; i < prepared.moments.size(); ++i) {
    const bool is_last = i + 1 == prepared.moments.size();
    const std::size_t end = is_last ? prepared.change.size() : prepared.moments[i + 1].first;
    add_up(prepared, prepared.moments[i].first, static_cast<std::uint32_t>(end), prepared.moments[i].time_ns);
  }
}

// Events [first, last), which are of one time. The curve needs no more of them than the lowest and the highest level.
void InOrder::add_up(const Prepared& prepared, std::uint32_t first, std::uint32_t last, std::uint64_t time_ns) {
  std::int64_t level = level_, blocks = blocks_, low = level, high = level, high_blocks = blocks;
  std::uint32_t highest = last;
  for (std::uint32_t i = first; i < last; ++i) {
    const std::int64_t change = prepared.change[i], sign = (change > 0) - (change < 0);
    level += change - sign;
    blocks += sign;
    low = std::min(low, level);
    if (level <= high) continue;
    high = level;
    high_blocks = blocks;
    highest = i;
  }
  level_ = level;
  blocks_ = blocks;
  if (high > peak_) {
    peak_ = high;
    peak_event_ = before_ + highest + 1;
    peak_time_ns_ = time_ns;
  }
  if (watchers_.curve == nullptr) return;
  const auto tell = [&](std::int64_t bytes, std::int64_t count, std::uint32_t place) {
    watchers_.curve->at(static_cast<std::uint64_t>(bytes), static_cast<std::uint64_t>(count),
                        {time_ns, before_ + place + 1});
  };
  if (highest != last) tell(high, high_blocks, highest);
  if (low < level) tell(low, blocks, last - 1);  // of the lowest its bytes alone count
  tell(level, blocks, last - 1);
}

std::optional<WholeCosts> InOrder::finish(std::span<const Preparer> preparers) {
  live_.for_each([&](const OpenBirth& birth) {
    if (!birth.is_held) return;
    of(birth.stack).leaked += birth.size;
    ++of(birth.stack).leaked_blocks;
  });
  Totals totals{
      .peak_bytes = static_cast<std::uint64_t>(peak_), .peak_time_ns = peak_time_ns_, .peak_event = peak_event_};
  for (const Preparer& preparer : preparers) {
    for (const StackCounts::Counts& counts : preparer.counts()) {
      Costs& costs = of(counts.stack);
      costs.count += counts.count;
      costs.allocated += counts.allocated;
      costs.temporary += counts.temporary;
    }
  }
  for (const Costs& costs : stacks_) {
    totals.allocations += costs.count;
    totals.allocated_bytes += costs.allocated;
    totals.temporary += costs.temporary;
    totals.live_bytes += costs.leaked;
    totals.live_blocks += costs.leaked_blocks;
    totals.peak_blocks += costs.peak_blocks;
  }
  totals.frees = totals.allocations - totals.live_blocks;
  totals.freed_bytes = totals.allocated_bytes - totals.live_bytes;
  if (totals != expected_) return std::nullopt;
  return WholeCosts{totals, std::move(stacks_)};
}

}  // namespace

std::optional<WholeCosts> whole_costs(const TapeReader& tape, const Membership& membership,
                                      const WholeWatchers& watchers) {
  if (membership.layer() == Layer::user || tape.estimates() || tape.opening().events != 0 ||
      tape.ledger()[Loss::overlapping_births] != 0)
    return std::nullopt;
  const std::vector<BlockEntry>& blocks = tape.blocks();
  const std::size_t workers = Ahead::workers_for(blocks.size());
  std::vector<Preparer> preparers;
  for (std::size_t i = 0; i < workers; ++i) preparers.emplace_back(tape, membership, watchers);
  std::vector<Prepared> prepared(Ahead::seats_for(workers));
  InOrder in_order(tape, membership, watchers);
  Ahead ahead(0, blocks.size(), workers, [&](std::size_t index, std::size_t seat, std::size_t worker) {
    preparers[worker].prepare(index, prepared[seat]);
  });
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (tape.watch()) tape.watch()(i, blocks.size());
    if (!in_order.take(i, prepared[*ahead.next()])) return std::nullopt;
  }
  return in_order.finish(preparers);
}

}  // namespace heaptape
