#include "analyzer/thread_lanes.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <new>
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

bool is_narrowed(const SelectionReport& selection) {
  return !selection.modules.empty() || !selection.functions.empty() || !selection.files.empty() ||
         !selection.size.is_open() || !selection.lifetime_ns.is_open();
}

class LaneReading {
 public:
  LaneReading(const TapeReader& tape, const Selection& selection, const std::vector<TimelineReport::Step>& steps,
              const std::vector<Damage>& unread)
      : tape_(&tape), selection_(&selection), steps_(&steps), known_threads_(tape.threads().size()) {
    for (const Damage& damage : unread) unread_.push_back(damage.offset);
    std::sort(unread_.begin(), unread_.end());
  }

  void read(std::size_t index, std::vector<ThreadStretch>& stretches) {
    stretches.clear();
    const BlockEntry& entry = tape_->blocks()[index];
    if (entry.first_event + entry.events <= selection_->begin() || entry.first_event >= selection_->end()) return;
    EventColumns columns;
    std::string_view reason;
    if (std::binary_search(unread_.begin(), unread_.end(), entry.offset)) return;
    if (!tape_->unwrap(index, raw_) || !read_columns(raw_, columns, reason)) return;
    if (!read(columns, entry.first_event, stretches)) stretches.clear();
  }

 private:
  // False: no writer makes such columns.
  bool read(const EventColumns& columns, std::uint64_t number, std::vector<ThreadStretch>& stretches) const {
    std::uint64_t ticks = columns.begin;
    std::size_t step = step_of(ticks * columns.step_ns);
    VarintCursor times(columns.times), threads(columns.threads);
    ThreadRun run{0, 0};
    for (std::uint32_t i = 0; i < columns.count; ++i) {
      const std::uint64_t time_ns = (ticks += times.next()) * columns.step_ns;
      if (run.events == 0) run = next_run(threads);
      if (run.events == 0 || run.thread >= known_threads_) return false;
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
    return times.consumed() && threads.consumed() && run.events == 0;
  }
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
  std::vector<std::uint64_t> unread_;  // offsets, in order
  RawBlock raw_;
};

// Shows all stretches of the chosen threads, in order of the blocks that they are in.
template <class Take>
void for_each_stretch(const TapeReader& tape, const Selection& selection, const LaneReading& reading,
                      const Take& take) {
  const std::size_t blocks = tape.blocks().size(), workers = Ahead::workers_for(blocks);
  std::vector<LaneReading> readings(workers, reading);
  std::vector<std::vector<ThreadStretch>> read(Ahead::seats_for(workers));
  std::atomic<bool> has_failed = false;
  Ahead ahead(0, blocks, workers, [&](std::size_t index, std::size_t seat, std::size_t worker) {
    try {
      readings[worker].read(index, read[seat]);
    } catch (const std::bad_alloc&) {
      has_failed = true;
    }
  });
  for (std::size_t i = 0; i < blocks; ++i) {
    tape.tell_watch(i, blocks);
    const std::vector<ThreadStretch>& stretches = read[*ahead.next()];
    if (has_failed) throw std::bad_alloc();
    for (const ThreadStretch& stretch : stretches)
      if (selection.holds(ThreadId{static_cast<std::uint32_t>(stretch.thread)})) take(stretch);
  }
}

void add(Lane& sum, const Lane& lane) {
  sum.first_ns = sum.threads == 0 ? lane.first_ns : std::min(sum.first_ns, lane.first_ns);
  sum.last_ns = std::max(sum.last_ns, lane.last_ns);
  sum.threads += lane.threads;
  sum.events += lane.events;
  sum.levels.resize(std::max(sum.levels.size(), lane.levels.size()));
  for (std::size_t i = 0; i < lane.levels.size(); ++i) sum.levels[i] += lane.levels[i];
}

void add(Lane& lane, const ThreadStretch& stretch) {
  lane.first_ns = lane.events == 0 ? stretch.first_ns : std::min(lane.first_ns, stretch.first_ns);
  lane.last_ns = std::max(lane.last_ns, stretch.last_ns);
  lane.events += stretch.events;
  lane.levels[stretch.step] += stretch.events;
}

// Which `most` of them have a lane: the first one that has events, which is the program's own thread as a rule, and
// those with most.
std::vector<char> chosen_lanes(const std::vector<std::uint64_t>& events, std::size_t most) {
  std::vector<std::size_t> order(events.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return events[a] > events[b]; });
  std::vector<char> is_chosen(events.size());
  for (std::size_t i = 0; i < std::min(most, order.size()); ++i) is_chosen[order[i]] = 1;
  const auto first = static_cast<std::size_t>(
      std::find_if(events.begin(), events.end(), [](std::uint64_t one) { return one != 0; }) - events.begin());
  if (most > 0 && first < events.size() && is_chosen[first] == 0) {
    is_chosen[order[most - 1]] = 0;
    is_chosen[first] = 1;
  }
  return is_chosen;
}

}  // namespace

void take_thread_lanes(TimelineReport& report, const TapeReader& tape, const Selection& selection,
                       const std::vector<Damage>& unread, std::size_t limit) {
  const std::size_t threads = tape.threads().size();
  if (threads < 2 || is_narrowed(selection.report())) return;
  const LaneReading reading(tape, selection, report.steps, unread);
  std::vector<std::uint64_t> events(threads);
  std::vector<char> has_lane(threads, 1);
  if (threads > limit) {
    for_each_stretch(tape, selection, reading,
                     [&](const ThreadStretch& stretch) { events[stretch.thread] += stretch.events; });
    has_lane = chosen_lanes(events, limit);
  }
  // Threads are numbered in order of their first event.
  std::vector<std::size_t> lane_of(threads);
  std::vector<Lane> lanes(1);  // that of the others first
  for (std::size_t i = 0; i < threads; ++i) {
    if (has_lane[i] == 0) {
      if (events[i] != 0) ++lanes[0].threads;
      continue;
    }
    lane_of[i] = lanes.size();
    lanes.push_back({.name = tape.threads()[i].name, .tid = tape.threads()[i].tid, .threads = 1});
  }
  for (Lane& lane : lanes) lane.levels.resize(report.steps.size());
  for_each_stretch(tape, selection, reading,
                   [&](const ThreadStretch& stretch) { add(lanes[lane_of[stretch.thread]], stretch); });
  std::erase_if(lanes, [&](const Lane& lane) { return &lane != lanes.data() && lane.events == 0; });
  if (lanes.size() + lanes[0].threads < 3) return;
  report.other_threads = std::move(lanes[0]);
  report.threads.assign(std::make_move_iterator(lanes.begin() + 1), std::make_move_iterator(lanes.end()));
}

std::vector<Lane> lanes_of(const TimelineReport& report, std::size_t lanes) {
  std::vector<Lane> all = report.threads;
  Lane others = report.other_threads;
  if (all.size() + (others.threads > 0 ? 1 : 0) > lanes) {
    std::vector<std::uint64_t> events;
    for (const Lane& lane : report.threads) events.push_back(lane.events);
    const std::vector<char> is_kept = chosen_lanes(events, lanes - std::min<std::size_t>(lanes, 1));
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

std::string name_of(const Lane& lane, const std::vector<Lane>& all) {
  if (!lane.is_one()) return std::to_string(lane.threads) + (lane.threads == 1 ? " other" : " others");
  if (lane.name.empty()) return "thread " + std::to_string(lane.tid);
  const auto namesakes = std::count_if(all.begin(), all.end(), [&](const Lane& one) { return one.name == lane.name; });
  return namesakes > 1 ? lane.name + " " + std::to_string(lane.tid) : lane.name;
}

}  // namespace heaptape
