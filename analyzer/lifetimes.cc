#include "analyzer/lifetimes.h"

#include <algorithm>
#include <span>

#include "analyzer/caveats.h"
#include "analyzer/event_reading.h"
#include "format/event_columns.h"
#include "format/large_memory.h"

namespace heaptape {
namespace {

template <class Item>
Item& at_id(std::vector<Item>& items, std::size_t id) {
  if (id >= items.size()) items.resize(id + 1);
  return items[id];
}

}  // namespace

std::vector<std::uint64_t> last_events(const TapeReader& tape) {
  std::vector<std::uint64_t> last(tape.threads().size());
  RawBlock raw;
  EventColumns columns;
  std::string_view reason;
  for (std::size_t i = 0; i < tape.blocks().size(); ++i) {
    tape.tell_watch(i, tape.blocks().size());
    if (!tape.unwrap(i, raw) || !read_columns(raw, columns, reason)) continue;  // the other reading tells of it
    const BlockEntry& entry = tape.blocks()[i];
    std::uint64_t number = entry.first_event, left = entry.events;
    for (VarintCursor threads(columns.threads); left != 0 && !threads.at_end();) {
      const ThreadRun run = next_run(threads);
      const std::uint64_t here = std::min(run.events, left);
      number += here;
      left -= here;
      if (run.thread < last.size()) last[run.thread] = number;
    }
  }
  return last;
}

void LifetimeFigures::add_freed_by(ThreadId thread, std::uint64_t blocks) {
  const auto known =
      std::find_if(freed_by.begin(), freed_by.end(), [&](const auto& one) { return one.first == thread; });
  if (known != freed_by.end())
    known->second += blocks;
  else if (freed_by.size() < kFreeing)
    freed_by.emplace_back(thread, blocks);
  else
    freed_by_others += blocks;
}

LifetimeReading::LifetimeReading(const TapeReader& tape, const Selection& selection, std::vector<GroupOf> groupings,
                                 Ask ask, LifeWatcher* watcher)
    : tape_(&tape),
      selection_(&selection),
      groupings_(std::move(groupings)),
      step_(clock_step_of(tape)),
      last_events_(ask == Ask::all ? last_events(tape) : std::vector<std::uint64_t>{}),
      watcher_(watcher),
      its_groups_(groupings_.size()),
      groups_(groupings_.size()),
      temporary_(tape.frames().size()),
      open_(tape.threads().size()) {}

std::vector<Damage> LifetimeReading::read() {
  LiveReplay<LifetimeReading> state(*this, tape_->threads().size());
  state.reserve(most_live(*tape_));
  births_at_.reserve(most_live(*tape_));
  if (tape_->opening().events != 0) state.open(tape_->opening());
  // Of an instant's blocks the ends lie behind it.
  const std::uint64_t behind = selection_->is_instant() ? UINT64_MAX : selection_->end();
  std::vector<Damage> damage = for_each_block(*tape_, [&](const BlockEntry& entry, std::span<const Event> events) {
    state.continue_at(entry.first_event);
    for (std::size_t i = 0; i < events.size() && state.events() < behind; ++i) {
      if (i + kFetchAhead < events.size()) {
        state.live().prefetch(events[i + kFetchAhead].address);
        births_at_.prefetch(events[i + kFetchAhead].address);
      }
      event_ = events[i];
      state.take(event_);
    }
  });
  for (std::size_t i = 0; i < open_.size(); ++i) settle(ThreadId{static_cast<std::uint32_t>(i)});
  state.live().for_each([&](const Block& block) { take_live(block); });
  return damage;
}

bool LifetimeReading::counts(const Block& block) const {
  const bool is_in_range = selection_->is_instant()
                               ? block.birth_event <= selection_->end()
                               : block.birth_event > selection_->begin() && block.birth_event <= selection_->end();
  return is_in_range && selection_->holds(block);
}

void LifetimeReading::born(const Block& block, Moment) {
  settle(block.thread);
  births_at_.put(block.address, births_);
  births_ += weigh(block).blocks;
}

void LifetimeReading::ended(const Block& block, Fate fate, Moment now) {
  End end{block, fate, now, event_.thread, std::nullopt, births_};
  end.births_before = births_at_.erase(block.address);
  const bool may_be_restored = event_.kind == EventKind::release && event_.function == Function::realloc;
  if (!may_be_restored) return take(end);
  settle(event_.thread);
  at_id(open_, static_cast<std::size_t>(event_.thread)) = end;
}

void LifetimeReading::restored(const Block& block, Fate, Moment) {
  std::optional<End>& open = at_id(open_, static_cast<std::size_t>(event_.thread));
  if (!open || open->block.birth_event != block.birth_event) return;
  if (open->births_before) births_at_.put(block.address, *open->births_before);
  open.reset();
}

void LifetimeReading::settle(ThreadId thread) {
  std::optional<End>& open = at_id(open_, static_cast<std::size_t>(thread));
  if (!open) return;
  take(*open);
  open.reset();
}

template <class Change>
void LifetimeReading::change(const Life& life, const Change& change) {
  for (std::size_t i = 0; i < groupings_.size(); ++i)
    change(at_id(groups_[i], its_groups_[i] = groupings_[i](life.block)));
  change(total_);
  if (watcher_ != nullptr) watcher_->lived(life, its_groups_);
}

void LifetimeReading::take(const End& end) {
  const Block& block = end.block;
  if (!counts(block) || (selection_->is_instant() && end.at.event <= selection_->end())) return;
  Life life{.block = block, .weight = weigh(block), .end_ns = end.at.time_ns};
  life.was_seen = end.fate != Fate::overwritten;
  life.is_temporary = end.fate == Fate::temporary;
  life.is_elsewhere = life.was_seen && end.by != block.thread;
  life.is_outlived = life.is_elsewhere && has_ended(block.thread, end.at.event - 1);
  const Weight& weight = life.weight;
  const std::uint64_t lifetime = end.at.time_ns - block.birth_ns;
  change(life, [&](LifetimeFigures& figures) {
    figures.count += weight.blocks;
    figures.byte_time += weight.bytes * lifetime;
    if (!life.was_seen) return;  // its end is somewhere before
    figures.lifetimes.add(lifetime / step_, weight.blocks);
    if (end.births_before)
      figures.distances.add(whole(end.births_then - *end.births_before - weight.blocks), weight.blocks);
    if (life.is_temporary) figures.temporary += weight.blocks;
    if (!life.is_elsewhere) return;
    figures.freed_elsewhere += weight.blocks;
    figures.add_freed_by(end.by, weight.blocks);
    if (life.is_outlived) figures.outlived += weight.blocks;
  });
  if (life.is_temporary) temporary_[static_cast<std::size_t>(block.stack)] += weight.blocks;
  totals_.bear(weight, 0, 0);
  if (life.was_seen)
    totals_.release(weight, life.is_temporary);
  else
    totals_.drop(weight);
}

void LifetimeReading::take_live(const Block& block) {
  if (!counts(block)) return;
  Life life{.block = block, .weight = weigh(block)};
  const std::uint64_t end_ns = selection_->is_instant() ? duration_of(*tape_) : selection_->end_ns();
  // The thread that the program begins with ends with it.
  const bool is_first = block.thread == ThreadId{};
  life.is_outlived = !is_first && has_ended(block.thread, selection_->is_instant() ? UINT64_MAX : selection_->end());
  const Weight& weight = life.weight;
  change(life, [&](LifetimeFigures& figures) {
    figures.count += weight.blocks;
    figures.live += weight.blocks;
    figures.byte_time += weight.bytes * (end_ns - std::min(end_ns, block.birth_ns));
    if (life.is_outlived) figures.outlived += weight.blocks;
  });
  totals_.bear(weight, 0, 0);
}

}  // namespace heaptape
