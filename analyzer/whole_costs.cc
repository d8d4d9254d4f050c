#include "analyzer/whole_costs.h"

#include <algorithm>

#include "analyzer/block_settler.h"
#include "analyzer/open_births.h"
#include "analyzer/replay.h"
#include "format/ahead.h"

namespace heaptape {
namespace {

// Takes settled blocks of events in their order.
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
  bool take(std::size_t index, SettledBlock& block);
  std::optional<WholeCosts> finish(std::span<const BlockSettler> settlers);

 private:
  Costs& of(StackId stack) { return stacks_[static_cast<std::size_t>(stack)]; }
  // What is loose from `paired_` on and before a place in the block.
  bool pair_to(SettledBlock& block, std::uint64_t place);
  void reach(const SettledBlock::Cut& cut);
  void end(const SettledBlock::Loose& release, SettledBlock& block);
  // Whether a release that nobody saw the birth of lies within the life of a block at its address that was settled in
  // the block at hand. No encoder writes that: then the release ended it.
  bool is_contradicted(std::size_t index);
  void look_at_peak(const SettledBlock& block);
  void add_up(const SettledBlock& block);
  void add_up(const SettledBlock& block, std::uint32_t first, std::uint32_t last, std::uint64_t time_ns);

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

bool InOrder::take(std::size_t index, SettledBlock& block) {
  constexpr std::int64_t kMostLevel = std::int64_t{1} << 62;
  if (!block.is_plain || level_ >= kMostLevel || level_ <= -kMostLevel) return false;
  const BlockEntry& entry = tape_->blocks()[index];
  before_ = entry.first_event;
  paired_ = 0;
  unseen_.clear();
  const std::uint64_t peak = expected_.peak_event - before_ - 1;  // its place, if it is here
  bool is_peak_due = peak < entry.events;
  const auto take_peak = [&] {
    is_peak_due = false;
    if (!pair_to(block, peak + 1)) return false;
    look_at_peak(block);
    return true;
  };
  for (const SettledBlock::Cut& cut : block.cuts) {
    if (is_peak_due && peak < cut.place && !take_peak()) return false;
    if (!pair_to(block, cut.place)) return false;
    reach(cut);
  }
  if (is_peak_due && !take_peak()) return false;
  if (!pair_to(block, entry.events)) return false;
  if (!unseen_.empty() && is_contradicted(index)) return false;
  for (const auto& [thread, last] : block.threads)
    last_births_[static_cast<std::size_t>(thread)] = last == SettledBlock::kNone ? 0 : before_ + last + 1;
  add_up(block);
  if (watchers_.others != nullptr)
    for (const auto& [place, event] : block.others)
      watchers_.others->other(event, {event.time_ns, before_ + place + 1});
  return true;
}

bool InOrder::pair_to(SettledBlock& block, std::uint64_t place) {
  const LargeVector<SettledBlock::Loose>& loose = block.loose;
  for (; paired_ < loose.size() && loose[paired_].place < place; ++paired_) {
    if (paired_ + kFetchAhead < loose.size()) live_.prefetch(loose[paired_ + kFetchAhead].address);
    const SettledBlock::Loose& one = loose[paired_];
    if (one.is_release) {
      end(one, block);
      continue;
    }
    if (!live_.put({one.address, one.size, before_ + one.place + 1, one.stack, one.is_held})) return false;
    if (watchers_.growth != nullptr && one.is_held) watchers_.growth->add(one.stack, one.size);
  }
  return true;
}

void InOrder::reach(const SettledBlock::Cut& cut) {
  for (const SettledBlock::Held& held : cut.across) watchers_.growth->add(held.stack, held.size);
  watchers_.growth->reach({cut.time_ns, before_ + cut.place + 1});
  for (const SettledBlock::Held& held : cut.across) watchers_.growth->remove(held.stack, held.size);
}

void InOrder::end(const SettledBlock::Loose& release, SettledBlock& block) {
  const OpenBirth birth = live_.take(release.address);
  if (birth.event == 0) return unseen_.push_back({release.address, release.place});
  if (!birth.is_held) return;
  const std::uint64_t last = release.other == SettledBlock::kBefore
                                 ? last_births_[static_cast<std::size_t>(release.thread())]
                             : release.other == SettledBlock::kNone ? 0
                                                                    : before_ + release.other + 1;
  if (last == birth.event) ++of(birth.stack).temporary;
  block.change[release.place] = -change_of_birth(birth.size);
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
void InOrder::look_at_peak(const SettledBlock& block) {
  const auto add = [&](const auto& held) {
    of(held.stack).peak += held.size;
    ++of(held.stack).peak_blocks;
  };
  live_.for_each([&](const OpenBirth& birth) {
    if (birth.is_held) add(birth);
  });
  std::for_each(block.across_peak.begin(), block.across_peak.end(), add);
}

void InOrder::add_up(const SettledBlock& block) {
  for (std::size_t i = 0; i < block.moments.size(); ++i) {
    const bool is_last = i + 1 == block.moments.size();
    const std::size_t end = is_last ? block.change.size() : block.moments[i + 1].first;
    add_up(block, block.moments[i].first, static_cast<std::uint32_t>(end), block.moments[i].time_ns);
  }
}

// Events [first, last), which are of one time. The curve needs no more of them than the lowest and the highest level.
void InOrder::add_up(const SettledBlock& block, std::uint32_t first, std::uint32_t last, std::uint64_t time_ns) {
  std::int64_t level = level_, blocks = blocks_, low = level, high = level, high_blocks = blocks;
  std::uint32_t highest = last;
  for (std::uint32_t i = first; i < last; ++i) {
    const std::int64_t change = block.change[i], sign = (change > 0) - (change < 0);
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

std::optional<WholeCosts> InOrder::finish(std::span<const BlockSettler> settlers) {
  live_.for_each([&](const OpenBirth& birth) {
    if (!birth.is_held) return;
    of(birth.stack).leaked += birth.size;
    ++of(birth.stack).leaked_blocks;
  });
  Totals totals{
      .peak_bytes = static_cast<std::uint64_t>(peak_), .peak_time_ns = peak_time_ns_, .peak_event = peak_event_};
  for (const BlockSettler& settler : settlers) {
    for (const StackCounts::Counts& counts : settler.counts()) {
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
  std::vector<BlockSettler> settlers;
  for (std::size_t i = 0; i < workers; ++i)
    settlers.emplace_back(tape, membership, watchers.growth, watchers.others != nullptr);
  std::vector<SettledBlock> settled(Ahead::seats_for(workers));
  InOrder in_order(tape, membership, watchers);
  Ahead ahead(0, blocks.size(), workers, [&](std::size_t index, std::size_t seat, std::size_t worker) {
    settlers[worker].settle(index, settled[seat]);
  });
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    tape.tell_watch(i, blocks.size());
    if (!in_order.take(i, settled[*ahead.next()])) return std::nullopt;
  }
  return in_order.finish(settlers);
}

}  // namespace heaptape
