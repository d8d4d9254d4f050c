// Pauses of a process's recording, its own and those from outside, and marks from outside.
#include "recorder/drain/process_tape.h"

namespace heaptape {

// A tape that begins in a pause begins with one.
void ProcessTape::begin_in(const OutsideLog::Position& begin, std::uint64_t stamp) {
  next_outside_ = begin.next;
  outside_until_ = stamp;
  if (begin.paused) set_paused(false, true, stamp, outside_thread());
  flush();
}

void ProcessTape::go_on_in(const OutsideLog::Position& position, const ProcessCounts& counts) {
  next_outside_ = position.next;
  outside_until_ = counts.outside_until;
  paused_from_outside_ = position.paused;
  paused_by_program_ = counts.paused_by_program != 0;
}

// Recording is on while neither side has paused it; the tape bears the changes of that.
void ProcessTape::set_paused(bool by_program, bool from_outside, std::uint64_t stamp, ThreadId thread) {
  if (from_outside != paused_from_outside_) late_lanes_.clear();
  const bool now = by_program || from_outside;
  if (now != (paused_by_program_ || paused_from_outside_))
    plain_event(now ? EventKind::pause : EventKind::resume, stamp, thread);
  paused_by_program_ = by_program;
  paused_from_outside_ = from_outside;
}

// What the program says of its own pauses. One that resumes without a pause asks to be recorded from here on: of the
// blocks that it has by now nobody knows.
void ProcessTape::take_own_pause(const Record& record, ThreadId thread) {
  const bool pauses = record.kind == SlotKind::pause;
  const bool joins = !pauses && !paused_by_program_ && !paused_from_outside_;
  if (joins) plain_event(EventKind::resume, record.stamp, thread);
  set_paused(pauses, paused_from_outside_, record.stamp, thread);
}

void ProcessTape::look_outside() {
  const Outside* next = outside_.find(next_outside_);
  attentive_from_ = paused_from_outside_ ? 0 : next == nullptr ? UINT64_MAX : next->stamp;
}

void ProcessTape::put_outside(std::uint64_t until) {
  const Outside* what = outside_.find(next_outside_);
  for (; what != nullptr && what->stamp <= until; what = outside_.find(++next_outside_)) {
    if (what->kind == EventKind::mark) {
      const TextId text = text_of(what->name);
      plain_event(EventKind::mark, what->stamp, outside_thread()).reference = static_cast<std::uint32_t>(text);
    } else {
      set_paused(paused_by_program_, what->kind == EventKind::pause, what->stamp, outside_thread());
    }
    outside_until_ = what->stamp;
  }
  look_outside();
}

void ProcessTape::take_outside(std::uint64_t until) {
  put_outside(until);
  flush();
}

// What the program says of its own pauses is never too late, nor what tells of stacks, modules and threads. And one
// more exception: a realloc whose release is in the tape has failed, and its block lives on.
bool ProcessTape::is_too_late(const Record& record, std::uint32_t lane) {
  if (record.kind > SlotKind::scope_end) return false;
  const bool first = late_lanes_.insert(lane).second;
  return !first || record.kind != SlotKind::restored;
}

// No thread of the program: tid 0.
ThreadId ProcessTape::outside_thread() {
  if (!outside_thread_) outside_thread_ = writer_.define(Thread{.tid = 0, .name = "heaptape"});
  return *outside_thread_;
}

}  // namespace heaptape
