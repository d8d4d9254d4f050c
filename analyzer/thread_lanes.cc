#include "analyzer/thread_lanes.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "format/ahead.h"
#include "format/event_columns.h"
#include "format/event_fields.h"

namespace heaptape {
namespace {

using Lane = TimelineReport::Lane;

// Events of one thread that follow each other in one step.
struct ThreadStretch {
  std::size_t thread, step;
  std::uint64_t events, first_ns, last_ns;
};

class LaneReading {
 public:
  LaneReading(const TapeReader& tape, const Selection& selection, const std::vector<TimelineReport::Step>& steps)
      : tape_(&tape), selection_(&selection), steps_(&steps), known_threads_(tape.threads().size()) {}

  void read(std::size_t index, std::vector<ThreadStretch>& stretches) {
    stretches.clear();
    const BlockEntry& entry = tape_->blocks()[index];
    if (entry.first_event + entry.events <= selection_->begin() || entry.first_event >= selection_->end()) return;
    EventColumns columns;
    std::string_view reason;
    if (!tape_->unwrap(index, raw_) || !read_columns(raw_, columns, reason)) return;
    std::uint64_t ticks = columns.begin, number = entry.first_event;
    std::size_t step = step_of(ticks * columns.step_ns);
    VarintCursor times(columns.times), threads(columns.threads);
    ThreadRun run{0, 0};
    for (std::uint32_t i = 0; i < columns.count; ++i) {
      const std::uint64_t time_ns = (ticks += times.next()) * columns.step_ns;
      if (run.events == 0) run = next_run(threads);
      if (run.events == 0 || run.thread >= known_threads_) return;
      --run.events;
      if (++number <= selection_->begin() || number > selection_->end()) continue;
      const auto kind = static_cast<EventKind>(columns.kinds[i] & kKindMask);
      if (kind != EventKind::birth && kind != EventKind::release) continue;
      while (step + 1 < steps_->size() && (*steps_)[step + 1].begin_ns <= time_ns) ++step;
      if (!stretches.empty() && stretches.back().thread == run.thread && stretches.back().step == step) {
        ++stretches.back().events;
        stretches.back().last_ns = time_ns;
      } else {
        stretches.push_back({static_cast<std::size_t>(run.thread), step, 1, time_ns, time_ns});
      }
    }
  }

 private:
  std::size_t step_of(std::uint64_t time_ns) const {
    const auto after =
        std::upper_bound(steps_->begin(), steps_->end(), time_ns,
                         [](std::uint64_t time, const TimelineReport::Step& step) { return time < step.begin_ns; });
    return after == steps_->begin() ? 0 : static_cast<std::size_t>(after - steps_->begin()) - 1;
  }

  const TapeReader* tape_;
  const Selection* selection_;
  const std::vector<TimelineReport::Step>* steps_;
  std::size_t known_threads_;
  RawBlock raw_;
};

// Levels begin at the thread's first step: most threads of a server live for few.
struct ThreadSum {
  Lane lane;
  std::size_t first_step = 0;

  void add(const ThreadStretch& stretch) {
    if (lane.events == 0) {
      lane.threads = 1;
      lane.first_ns = stretch.first_ns;
      first_step = stretch.step;
    }
    lane.events += stretch.events;
    lane.last_ns = stretch.last_ns;
    const std::size_t at = stretch.step - std::min(stretch.step, first_step);
    if (at >= lane.levels.size()) lane.levels.resize(at + 1);
    lane.levels[at] += stretch.events;
  }
};

// Levels of `from` come to lie from the step `first` on.
void add(Lane& sum, const Lane& from, std::size_t first = 0) {
  sum.first_ns = sum.threads == 0 ? from.first_ns : std::min(sum.first_ns, from.first_ns);
  sum.last_ns = std::max(sum.last_ns, from.last_ns);
  sum.threads += from.threads;
  sum.events += from.events;
  for (std::size_t i = 0; i < from.levels.size(); ++i) sum.levels[first + i] += from.levels[i];
}

// Which of them have most events: `most` of them.
std::vector<char> busiest(const std::vector<std::uint64_t>& events, std::size_t most) {
  std::vector<std::size_t> order(events.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return events[a] > events[b]; });
  std::vector<char> is_chosen(events.size());
  for (std::size_t i = 0; i < std::min(most, order.size()); ++i) is_chosen[order[i]] = 1;
  return is_chosen;
}

}  // namespace

void take_thread_lanes(TimelineReport& report, const TapeReader& tape, const Selection& selection, std::size_t limit) {
  if (tape.threads().size() < 2) return;
  const std::size_t blocks = tape.blocks().size(), workers = Ahead::workers_for(blocks);
  std::vector<LaneReading> readings(workers, LaneReading(tape, selection, report.steps));
  std::vector<std::vector<ThreadStretch>> read(Ahead::seats_for(workers));
  Ahead ahead(0, blocks, workers, [&](std::size_t index, std::size_t seat, std::size_t worker) {
    readings[worker].read(index, read[seat]);
  });
  std::vector<ThreadSum> sums(tape.threads().size());
  for (std::size_t i = 0; i < blocks; ++i) {
    tape.tell_watch(i, blocks);
    for (const ThreadStretch& stretch : read[*ahead.next()])
      if (selection.holds(ThreadId{static_cast<std::uint32_t>(stretch.thread)})) sums[stretch.thread].add(stretch);
  }
  std::vector<std::uint64_t> events;
  for (const ThreadSum& sum : sums) events.push_back(sum.lane.events);
  if (events.size() - static_cast<std::size_t>(std::count(events.begin(), events.end(), 0)) < 2) return;
  const std::vector<char> is_shown = busiest(events, limit);
  report.other_threads.levels.resize(report.steps.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {  // threads are numbered in order of their first event
    if (events[i] == 0) continue;
    Lane* to = &report.other_threads;
    if (is_shown[i] != 0) {
      to = &report.threads.emplace_back(Lane{.name = tape.threads()[i].name, .tid = tape.threads()[i].tid});
      to->levels.resize(report.steps.size());
    }
    add(*to, sums[i].lane, sums[i].first_step);
  }
}

std::vector<Lane> lanes_of(const TimelineReport& report, std::size_t lanes) {
  std::vector<Lane> all = report.threads;
  Lane others = report.other_threads;
  if (all.size() + (others.threads > 0 ? 1 : 0) > lanes) {
    std::vector<std::uint64_t> events;
    for (const Lane& lane : report.threads) events.push_back(lane.events);
    const std::vector<char> is_kept = busiest(events, lanes - std::min<std::size_t>(lanes, 1));
    others.levels.resize(report.steps.size());
    all.clear();
    for (std::size_t i = 0; i < report.threads.size(); ++i) {
      if (is_kept[i] != 0)
        all.push_back(report.threads[i]);
      else
        add(others, report.threads[i]);
    }
  }
  if (others.threads > 0) all.push_back(std::move(others));
  return all;
}

}  // namespace heaptape
