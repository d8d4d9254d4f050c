#include "format/aggregate.h"

#include <algorithm>

namespace heaptape {
namespace {

constexpr std::size_t kAll = 0, kProgram = 1;
// The outline is halved when it has more: a picture has some thousand steps.
constexpr std::size_t kMostStretches = 4096;
constexpr std::size_t kMostMarks = 4096;

void join(Stretch::Level& level, const Stretch::Level& next) {
  if (next.high > level.high) {
    level.high = next.high;
    level.high_blocks = next.high_blocks;
    level.high_time_ns = next.high_time_ns;
    level.high_event = next.high_event;
  }
  level.last = next.last;
  level.last_blocks = next.last_blocks;
}

// Each two neighbours become one.
void thin(std::vector<Stretch>& outline) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < outline.size(); i += 2) {
    Stretch joined = outline[i];
    if (i + 1 < outline.size()) {
      join(joined.all, outline[i + 1].all);
      join(joined.program, outline[i + 1].program);
      joined.events += outline[i + 1].events;
      joined.end_ns = outline[i + 1].end_ns;
    }
    outline[kept++] = joined;
  }
  outline.resize(kept);
}

}  // namespace

void Aggregate::open(const Opening& opening) {
  replay_.open(opening);
  time_ns_ = opening.time_ns;
  was_paused_ = opening.was_paused;
  sides_[kAll].totals = opening.totals.all;
  sides_[kProgram].totals = opening.totals.program;
  for (Side& side : sides_) side.peaks = 1;
  ledger_ = opening.ledger;
  for (const OpeningStack& row : opening.stacks) {
    const auto stack = static_cast<std::size_t>(row.stack);
    if (stacks_.size() <= stack) stacks_.resize(stack + 1);
    Figures& figures = stacks_[stack];
    figures.allocated = row.allocated;
    figures.count = row.count;
    figures.temporary = row.temporary;
    figures.at_peak[kAll] = {1, row.peak, row.peak_blocks};
    figures.at_peak[kProgram] = {1, row.program_peak, row.program_peak_blocks};
  }
  for (const Block& block : opening.live) {
    Figures& figures = stacks_[static_cast<std::size_t>(block.stack)];
    figures.live += block.size;
    ++figures.live_blocks;
  }
  outline_ = opening.outline;
  marks_ = opening.marks;
}

void Aggregate::take(std::span<const Event> events, const std::vector<bool>& in_program) {
  if (events.empty()) return;
  in_program_ = &in_program;
  if (stacks_.size() < in_program.size()) stacks_.resize(in_program.size());
  for (Side& side : sides_) side.level = {};
  replay_.take(events);
  time_ns_ = events.back().time_ns;
  end_stretch(events.size());
}

template <typename Change>
void Aggregate::in_each_layer(const Block& block, const Change& change) {
  change(sides_[kAll]);
  if ((*in_program_)[static_cast<std::size_t>(block.stack)]) change(sides_[kProgram]);
}

Aggregate::Figures& Aggregate::touch(const Block& block) {
  Figures& figures = stacks_[static_cast<std::size_t>(block.stack)];
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    Figures::AtPeak& at_peak = figures.at_peak[i];
    if (at_peak.peak != sides_[i].peaks) at_peak = {sides_[i].peaks, figures.live, figures.live_blocks};
  }
  return figures;
}

void Aggregate::enliven(const Block& block, Moment now) {
  in_each_layer(block, [&](Side& side) {
    Totals& totals = side.totals;
    totals.live_bytes += block.size;
    ++totals.live_blocks;
    if (totals.live_bytes > side.level.high)
      side.level = {totals.live_bytes, totals.live_blocks, now.time_ns, now.event, 0, 0};
    if (totals.live_bytes <= totals.peak_bytes) return;
    totals.peak_bytes = totals.live_bytes;
    totals.peak_blocks = totals.live_blocks;
    totals.peak_time_ns = now.time_ns;
    totals.peak_event = now.event;
    ++side.peaks;
  });
}

void Aggregate::born(const Block& block, Moment now) {
  Figures& figures = touch(block);
  ++figures.count;
  figures.allocated += block.size;
  figures.live += block.size;
  ++figures.live_blocks;
  in_each_layer(block, [&](Side& side) {
    ++side.totals.allocations;
    side.totals.allocated_bytes += block.size;
  });
  enliven(block, now);
}

void Aggregate::ended(const Block& block, Fate fate, Moment) {
  Figures& figures = touch(block);
  figures.temporary += fate == Fate::temporary;
  figures.live -= block.size;
  --figures.live_blocks;
  if (fate == Fate::overwritten) ++ledger_[Loss::overlapping_births];
  in_each_layer(block, [&](Side& side) {
    side.totals.live_bytes -= block.size;
    --side.totals.live_blocks;
    if (fate == Fate::overwritten) return;
    ++side.totals.frees;
    side.totals.freed_bytes += block.size;
    side.totals.temporary += fate == Fate::temporary;
  });
}

void Aggregate::restored(const Block& block, Fate fate, Moment now) {
  Figures& figures = touch(block);
  figures.temporary -= fate == Fate::temporary;
  figures.live += block.size;
  ++figures.live_blocks;
  in_each_layer(block, [&](Side& side) {
    --side.totals.frees;
    side.totals.freed_bytes -= block.size;
    side.totals.temporary -= fate == Fate::temporary;
  });
  enliven(block, now);
}

void Aggregate::other(const Event& event, Moment now) {
  if (event.kind == EventKind::pause || event.kind == EventKind::resume) was_paused_ = true;
  if (event.kind != EventKind::mark) return;
  if (marks_.size() == kMostMarks) marks_.erase(marks_.begin());
  marks_.push_back({now.time_ns, event.thread, TextId{event.reference}});
}

Loss Aggregate::unmatched() {
  const Loss loss = forked_ ? Loss::inherited_frees : was_paused_ ? Loss::earlier_frees : Loss::unmatched_frees;
  ++ledger_[loss];
  return loss;
}

void Aggregate::end_stretch(std::uint64_t events) {
  for (Side& side : sides_) {
    side.level.last = side.totals.live_bytes;
    side.level.last_blocks = side.totals.live_blocks;
  }
  outline_.push_back({time_ns_, events, sides_[kProgram].level, sides_[kAll].level});
  if (outline_.size() > kMostStretches) thin(outline_);
}

Opening Aggregate::opening(const std::vector<bool>& in_program) const {
  Opening opening;
  opening.events = replay_.events();
  opening.time_ns = time_ns_;
  opening.was_paused = was_paused_;
  opening.totals = {sides_[kProgram].totals, sides_[kAll].totals};
  opening.ledger = ledger_;
  opening.live.reserve(replay_.live().size());
  replay_.live().for_each([&](const Block& block) { opening.live.push_back(block); });
  std::sort(opening.live.begin(), opening.live.end(),
            [](const Block& a, const Block& b) { return a.address < b.address; });
  opening.threads = replay_.threads();
  for (std::size_t i = 0; i < stacks_.size(); ++i) {
    const Figures& figures = stacks_[i];
    if (figures.count == 0) continue;
    OpeningStack stack{static_cast<StackId>(i), figures.allocated, figures.count, figures.temporary, 0, 0, 0, 0};
    const auto at_peak = [&](std::size_t side) {
      const Figures::AtPeak& saved = figures.at_peak[side];
      return saved.peak == sides_[side].peaks ? saved : Figures::AtPeak{0, figures.live, figures.live_blocks};
    };
    stack.peak = at_peak(kAll).bytes;
    stack.peak_blocks = at_peak(kAll).blocks;
    if (in_program[i]) {
      stack.program_peak = at_peak(kProgram).bytes;
      stack.program_peak_blocks = at_peak(kProgram).blocks;
    }
    opening.stacks.push_back(stack);
  }
  opening.outline = outline_;
  opening.marks = marks_;
  return opening;
}

}  // namespace heaptape
