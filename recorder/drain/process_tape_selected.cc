// Of a process's tape: births that are left out, and the limit that it stays below.
#include <algorithm>

#include "recorder/drain/process_tape.h"

namespace heaptape {

Event& ProcessTape::selected_event(const Record& record, std::uint32_t lane, EventKind kind) {
  Event& event = plain_event(record, lane);
  note_touched(record.address);
  event.kind = kind;
  return event;
}

void ProcessTape::take_selected(const Record& record, std::uint32_t lane, Function function) {
  if (record.kind == SlotKind::birth) return take_selected_birth(record, lane, function);
  if (record.kind == SlotKind::release) return take_selected_release(record, lane, function);
  if (!selection_.may_restore(lane, record.address)) return;
  selected_event(record, lane, EventKind::restored).function = function;
}

void ProcessTape::take_selected_birth(const Record& record, std::uint32_t lane, Function function) {
  const std::uint64_t taken_at = rates_ == nullptr ? 0 : rates_->of(record.function >> kRateShift);
  raise_interval(taken_at);  // another process of the mapping has asked for it
  const auto leave_out = [&](std::uint64_t& count) {
    ++count;
    unnoted_lane_ = lane;
    selection_.note_left_out(lane);
  };
  if (!selection_.keeps(record.size, taken_at)) return leave_out(counts_.unsampled_births);
  const StackId stack = stack_of(record.stack);
  if (!selection_.wants(stack, stacks_.in_program(stack))) return leave_out(counts_.other_layer_births);
  if (selection_.take_news()) {
    Event& rate = selected_event(record, lane, EventKind::rate);
    rate.address = 0;
    rate.size = selection_.interval();
  }
  selection_.note_kept(lane, record.address);
  Event& event = selected_event(record, lane, EventKind::birth);
  event.size = record.size;
  event.stack = stack;
  event.function = function;
}

// The program passes on the releases of recorded births, and of few others; the writer knows what lives. Where it
// knows no longer (--max-live), a release goes on the tape, and whoever reads it finds out.
void ProcessTape::take_selected_release(const Record& record, std::uint32_t lane, Function function) {
  if (is_touched(record.address)) flush();
  const bool kept = writer_.lives(record.address) != TapeWriter::Lives::no;
  selection_.note_release(lane, record.address, kept);
  if (!kept) {
    ++counts_.left_out_frees;
    unnoted_lane_ = lane;
    return;
  }
  // A size of 1: its thread has left births out since this one, its newest.
  if (record.size == 1 || selection_.passed_since(lane, record.address))
    selected_event(record, lane, EventKind::passed).address = 0;
  selected_event(record, lane, EventKind::release).function = function;
}

// Half of the tape is for every event. Then each interval has a quarter of what was left for itself and makes a quarter
// as much: so each lasts three times as long as the one before. At the end, where blocks are large beside what is left,
// each block is followed by a much larger step. Blocks end early, so that none reaches far beyond the next step.
void ProcessTape::stay_below_limit() {
  constexpr std::uint64_t kStep = 4, kLastStep = 16, kFirstBlocks = 8, kLeastInterval = 1024;
  constexpr std::uint64_t kLargeEvent = 16;  // bytes, with what it defines
  const bool is_sampled = counts_.rate_changes != 0;
  const std::uint64_t next_step = is_sampled ? room_at_raise_ / 4 * 3 : max_bytes_ / 2;
  const std::uint64_t unsealed = writer_.unsealed_events();
  if (is_sampled ? unsealed >= std::max<std::uint64_t>(max_bytes_ / 2048, 512)
                 : next_step + unsealed * kLargeEvent >= writer_.bytes_left())
    writer_.seal();
  const std::uint64_t room = writer_.bytes_left();
  if (room >= next_step) return;
  const bool is_late = room < max_bytes_ / 16;
  room_at_raise_ = room;
  const Totals& all = writer_.totals().all;
  const std::uint64_t mean = all.allocations == 0 ? 0 : all.allocated_bytes / all.allocations;
  raise_interval(
      std::max({selection_.interval() * (is_late ? kLastStep : kStep), mean * kFirstBlocks, kLeastInterval}));
}

void ProcessTape::raise_interval(std::uint64_t interval) {
  if (selection_.raise(interval)) ++counts_.rate_changes;
}

// As a limit of the tape comes near, whatever grows with time alone gets sparse as well.
std::uint64_t ProcessTape::sparseness() const {
  return max_bytes_ == 0 ? 1 : std::min<std::uint64_t>(max_bytes_ / std::max<std::uint64_t>(room_at_raise_, 1), 1024);
}

// What makes a block of nothing is the interval in force, told once more.
void ProcessTape::seal() {
  if (needs_event()) {
    const ThreadId thread = thread_of(*unnoted_lane_);
    selection_.take_news();
    writer_.append(
        {.time_ns = writer_.time_ns(), .size = selection_.interval(), .thread = thread, .kind = EventKind::rate});
  }
  writer_.seal();
}

}  // namespace heaptape
