#include "analyzer/whole_costs.h"

#include <algorithm>

#include "analyzer/replay.h"
#include "format/block_stream.h"
#include "format/large_memory.h"
#include "format/live_map.h"

namespace heaptape {
namespace {

constexpr std::size_t kAhead = 16;  // what an event will touch is fetched this many events before

// Of a stack.
struct Counts {
  std::uint64_t count = 0, allocated = 0, temporary = 0;
};

// What a block of events leaves to the order of blocks.
struct Prepared {
  static constexpr std::uint32_t kNone = UINT32_MAX, kBefore = kNone - 1;
  struct Loose {
    std::uint32_t place;  // in the block's events
    // Of a release: where its thread's last birth was then; kNone: it is not known to have any; kBefore: before the
    // block.
    std::uint32_t last_birth;
  };
  struct ThreadEnd {
    ThreadId thread;
    std::uint32_t last_birth;  // as above
  };
  std::vector<Loose> loose;  // in order of place
  std::vector<ThreadEnd> threads;
  // Of the layer's live bytes and blocks, by event. Of loose releases 0: what they end is not known.
  LargeVector<std::int64_t> change;
  LargeVector<std::int8_t> change_of_blocks;
  bool is_plain = false;  // it has no event that takes a replay
};

// What a thread that prepares blocks of events keeps to itself.
class Preparer {
 public:
  Preparer(const Membership& membership, std::size_t stacks, std::size_t threads)
      : membership_(&membership), counts_(stacks), threads_(threads) {}

  void prepare(const DecodedBlock& block, Prepared& to);
  const LargeVector<Counts>& counts() const { return counts_; }

 private:
  enum State : std::uint8_t { settled, open, loose };  // of an event

  struct Thread {
    std::uint32_t block = 0;  // that last_birth is of
    std::uint32_t last_birth = 0;
  };
  std::uint32_t last_birth(ThreadId id) const {
    const Thread& thread = threads_[static_cast<std::size_t>(id)];
    return thread.block == block_ ? thread.last_birth : Prepared::kBefore;
  }
  void set_last_birth(ThreadId id, std::uint32_t place) {
    Thread& thread = threads_[static_cast<std::size_t>(id)];
    if (thread.block != block_) met_.push_back(id);
    thread = {block_, place};
  }
  void gather(Prepared& to) const;

  const Membership* membership_;
  LargeVector<Counts> counts_;
  std::vector<Thread> threads_;
  std::uint32_t block_ = 0;    // counts those that were prepared
  std::vector<ThreadId> met_;  // that have a last birth in this block
  std::vector<State> states_;
  std::vector<std::uint32_t> last_births_;  // of loose releases, in order
};

void Preparer::prepare(const DecodedBlock& block, Prepared& to) {
  const std::span<const Event> events = block.events;
  to.is_plain = false;
  if (events.empty()) return;
  ++block_;
  met_.clear();
  last_births_.clear();
  states_.assign(events.size(), settled);
  to.change.resize(events.size());
  to.change_of_blocks.resize(events.size());
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    if (i + kAhead < events.size()) __builtin_prefetch(&counts_[static_cast<std::size_t>(events[i + kAhead].stack)], 1);
    const Event& event = events[i];
    std::int64_t change = 0;
    std::int8_t change_of_blocks = 0;
    switch (event.kind) {
      case EventKind::birth: {
        Counts& counts = counts_[static_cast<std::size_t>(event.stack)];
        ++counts.count;
        counts.allocated += event.size;
        if (membership_->holds({.stack = event.stack})) {
          change = static_cast<std::int64_t>(event.size);
          change_of_blocks = 1;
        }
        states_[i] = open;
        set_last_birth(event.thread, i);
        break;
      }
      case EventKind::release: {
        const std::uint32_t birth = block.births[i], last = last_birth(event.thread);
        if (birth < i && states_[birth] == open) {
          states_[birth] = settled;
          change = -to.change[birth];
          change_of_blocks = static_cast<std::int8_t>(-to.change_of_blocks[birth]);
          if (last == birth) ++counts_[static_cast<std::size_t>(events[birth].stack)].temporary;
        } else {
          states_[i] = loose;
          last_births_.push_back(last);
        }
        break;
      }
      case EventKind::passed:
        set_last_birth(event.thread, Prepared::kNone);
        break;
      case EventKind::restored:
      case EventKind::rate:
        return;
      default:
        break;
    }
    to.change[i] = change;
    to.change_of_blocks[i] = change_of_blocks;
  }
  gather(to);
  to.is_plain = true;
}

void Preparer::gather(Prepared& to) const {
  to.loose.clear();
  auto last = last_births_.begin();
  for (std::uint32_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == settled) continue;
    to.loose.push_back({i, states_[i] == loose ? *last++ : Prepared::kNone});
  }
  to.threads.clear();
  for (const ThreadId id : met_) to.threads.push_back({id, last_birth(id)});
}

// Takes prepared blocks of events in their order.
class InOrder {
 public:
  InOrder(const TapeReader& tape, const Membership& membership, StepCurve* curve)
      : membership_(&membership),
        curve_(curve),
        expected_(tape.totals().of(membership.layer())),
        stacks_(tape.frames().size()),
        last_births_(tape.threads().size()) {
    live_.reserve(most_live(tape));
  }

  // False: it takes a replay.
  bool take(const DecodedBlock& block, Prepared& prepared, std::uint64_t before);
  std::optional<WholeCosts> finish(std::span<const Preparer> preparers);

 private:
  bool holds(StackId stack) const { return membership_->holds({.stack = stack}); }
  Costs& of(StackId stack) { return stacks_[static_cast<std::size_t>(stack)]; }
  bool pair(const DecodedBlock& block, Prepared& prepared, std::uint64_t before, std::size_t first, std::size_t last);
  // Whether the layer held what it ended.
  bool end(const Event& release, std::uint32_t last_birth, std::uint64_t before, std::int64_t& change);
  void look_at_peak(const DecodedBlock& block, const Prepared& prepared, std::uint32_t peak);
  void add_up(const DecodedBlock& block, const Prepared& prepared, std::uint64_t before);

  const Membership* membership_;
  StepCurve* curve_;
  const Totals expected_;  // as the index says
  CostsByStack stacks_;
  std::vector<std::uint64_t> last_births_;  // by thread: event number; 0: none
  LiveMap live_;
  std::int64_t level_ = 0, blocks_ = 0, peak_ = 0;
  bool is_sound_ = true;  // they are what they would be if there were no largest number
  std::uint64_t peak_event_ = 0, peak_time_ns_ = 0;
};

bool InOrder::take(const DecodedBlock& block, Prepared& prepared, std::uint64_t before) {
  if (!prepared.is_plain) return false;
  const std::size_t all = prepared.loose.size();
  std::size_t done = 0;
  if (const std::uint64_t peak = expected_.peak_event - before - 1; peak < block.events.size()) {
    const auto behind = std::partition_point(prepared.loose.begin(), prepared.loose.end(),
                                             [&](const Prepared::Loose& one) { return one.place <= peak; });
    done = static_cast<std::size_t>(behind - prepared.loose.begin());
    if (!pair(block, prepared, before, 0, done)) return false;
    look_at_peak(block, prepared, static_cast<std::uint32_t>(peak));
  }
  if (!pair(block, prepared, before, done, all)) return false;
  for (const auto& [thread, last] : prepared.threads)
    last_births_[static_cast<std::size_t>(thread)] = last == Prepared::kNone ? 0 : before + last + 1;
  add_up(block, prepared, before);
  return true;
}

bool InOrder::pair(const DecodedBlock& block, Prepared& prepared, std::uint64_t before, std::size_t first,
                   std::size_t last) {
  const std::vector<Prepared::Loose>& loose = prepared.loose;
  for (std::size_t i = first; i < last; ++i) {
    if (i + kAhead < last) live_.prefetch(block.events[loose[i + kAhead].place].address);
    if (i + kAhead / 2 < last)
      if (const Event& soon = block.events[loose[i + kAhead / 2].place]; soon.kind == EventKind::release)
        live_.prefetch_block(soon.address);
    const auto [place, last_birth] = loose[i];
    const Event& event = block.events[place];
    if (event.kind == EventKind::release) {
      if (end(event, last_birth, before, prepared.change[place])) prepared.change_of_blocks[place] = -1;
      continue;
    }
    const Block born{
        .address = event.address, .size = event.size, .birth_event = before + place + 1, .stack = event.stack};
    if (live_.put(born).birth_event != 0) return false;
  }
  return true;
}

bool InOrder::end(const Event& release, std::uint32_t last_birth, std::uint64_t before, std::int64_t& change) {
  const Block block = live_.take(release.address);
  if (block.birth_event == 0) return false;  // nobody saw its birth
  const std::uint64_t last = last_birth == Prepared::kBefore ? last_births_[static_cast<std::size_t>(release.thread)]
                             : last_birth == Prepared::kNone ? 0
                                                             : before + last_birth + 1;
  if (last == block.birth_event) ++of(block.stack).temporary;
  if (!holds(block.stack)) return false;
  change = -static_cast<std::int64_t>(block.size);
  return true;
}

// What is live right after the event at `peak`: what is in the map by then, and what was born by then and is released
// later in the same block.
void InOrder::look_at_peak(const DecodedBlock& block, const Prepared& prepared, std::uint32_t peak) {
  const auto add = [&](StackId stack, std::uint64_t size) {
    of(stack).peak += size;
    ++of(stack).peak_blocks;
  };
  live_.for_each([&](const Block& one) { add(one.stack, one.size); });
  for (std::uint32_t i = peak + 1; i < block.events.size(); ++i) {
    if (block.events[i].kind != EventKind::release || block.births[i] > peak) continue;
    const bool is_loose = std::binary_search(prepared.loose.begin(), prepared.loose.end(), Prepared::Loose{i, 0},
                                             [](const auto& a, const auto& b) { return a.place < b.place; });
    if (!is_loose) add(block.events[block.births[i]].stack, block.events[block.births[i]].size);
  }
}

void InOrder::add_up(const DecodedBlock& block, const Prepared& prepared, std::uint64_t before) {
  std::uint32_t highest = Prepared::kNone;
  for (std::uint32_t i = 0; i < prepared.change.size(); ++i) {
    is_sound_ &= !__builtin_add_overflow(level_, prepared.change[i], &level_);
    if (curve_ != nullptr && prepared.change_of_blocks[i] != 0) {
      blocks_ += prepared.change_of_blocks[i];
      curve_->at(static_cast<std::uint64_t>(level_), static_cast<std::uint64_t>(blocks_),
                 {block.events[i].time_ns, before + i + 1});
    }
    if (level_ <= peak_) continue;
    peak_ = level_;
    highest = i;
  }
  if (highest == Prepared::kNone) return;
  peak_event_ = before + highest + 1;
  peak_time_ns_ = block.events[highest].time_ns;
}

std::optional<WholeCosts> InOrder::finish(std::span<const Preparer> preparers) {
  live_.for_each([&](const Block& block) {
    of(block.stack).leaked += block.size;
    ++of(block.stack).leaked_blocks;
  });
  Totals totals{
      .peak_bytes = static_cast<std::uint64_t>(peak_), .peak_time_ns = peak_time_ns_, .peak_event = peak_event_};
  for (std::size_t i = 0; i < stacks_.size(); ++i) {
    Costs& costs = stacks_[i];
    if (!holds(static_cast<StackId>(i))) {
      costs = {};
      continue;
    }
    for (const Preparer& preparer : preparers) {
      costs.count += preparer.counts()[i].count;
      costs.allocated += preparer.counts()[i].allocated;
      costs.temporary += preparer.counts()[i].temporary;
    }
    totals.allocations += costs.count;
    totals.allocated_bytes += costs.allocated;
    totals.temporary += costs.temporary;
    totals.live_bytes += costs.leaked;
    totals.live_blocks += costs.leaked_blocks;
    totals.peak_blocks += costs.peak_blocks;
  }
  totals.frees = totals.allocations - totals.live_blocks;
  totals.freed_bytes = totals.allocated_bytes - totals.live_bytes;
  if (!is_sound_ || totals != expected_) return std::nullopt;
  return WholeCosts{totals, std::move(stacks_)};
}

}  // namespace

std::optional<WholeCosts> whole_costs(const TapeReader& tape, const Membership& membership, StepCurve* curve) {
  if (membership.layer() == Layer::user || tape.estimates() || tape.opening().events != 0 ||
      tape.ledger()[Loss::overlapping_births] != 0)
    return std::nullopt;
  const std::vector<BlockEntry>& blocks = tape.blocks();
  const std::size_t workers = BlockStream::workers_for(blocks.size());
  std::vector<Preparer> preparers;
  for (std::size_t i = 0; i < workers; ++i)
    preparers.emplace_back(membership, tape.frames().size(), tape.threads().size());
  std::vector<Prepared> prepared(BlockStream::seats_for(workers));
  InOrder in_order(tape, membership, curve);
  const auto prepare = [&](std::size_t worker, std::size_t seat, const DecodedBlock& block) {
    preparers[worker].prepare(block, prepared[seat]);
  };
  BlockStream stream(tape, 0, blocks.size(), workers, prepare);
  for (const BlockEntry& entry : blocks) {
    const DecodedBlock& block = *stream.next();
    if (!in_order.take(block, prepared[stream.seat()], entry.first_event)) return std::nullopt;
  }
  return in_order.finish(preparers);
}

}  // namespace heaptape
