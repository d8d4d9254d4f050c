#include "recorder/drain/process_tape.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "recorder/drain/merge.h"
#include "recorder/drain/proc.h"
#include "recorder/drain/tape_meta.h"

namespace heaptape {
namespace {

EventKind kind_of(const Record& record) { return static_cast<EventKind>(static_cast<int>(record.kind) - 1); }

}  // namespace

ProcessTape::ProcessTape(const std::string& path, const Meta& meta, const MappingHeader& header, std::uint32_t pid,
                         std::uint64_t started, const Clock& clock, const OutsideLog& outside,
                         const WriterOptions& options)
    : pid_(pid),
      number_(meta.number),
      clock_(clock),
      path_(path),
      started_ns_(clock.monotonic_ns(started)),
      step_ns_(std::max(meta.clock_step_ns, 1u)),
      writer_(path, meta, options),
      stacks_(writer_, meta.program, header.entry),
      selection_(meta, header.control.seed.load(std::memory_order_relaxed)),
      max_bytes_(options.max_bytes),
      room_at_raise_(options.max_bytes),
      outside_(outside),
      batch_room_(batch_room()) {
  begin_in(outside.at(started), started);
}

ProcessTape::ProcessTape(const std::string& path, const MappingHeader& header, const Resumption& from,
                         const Clock& clock, const OutsideLog& outside)
    : pid_(0),
      number_(from.cut.index.meta.number),
      clock_(clock),
      path_(path),
      started_ns_(from.notes.started_ns),
      step_ns_(std::max(from.cut.index.meta.clock_step_ns, 1u)),
      writer_(path, from.cut, limits_of(from.cut.index.meta)),
      stacks_(writer_, from.cut.index.meta.program, header.entry),
      selection_(from.cut.index.meta, header.control.seed.load(std::memory_order_relaxed)),
      max_bytes_(from.cut.index.meta.max_tape),
      room_at_raise_(writer_.bytes_left()),
      outside_(outside),
      counts_(from.counts),
      lost_events_(from.lost_events),
      batch_room_(batch_room()) {
  know_definitions(from.cut.definitions, from.notes);
  selection_.resume(writer_.interval());
  if (counts_.outside_until == 0)  // nothing was sealed
    begin_in(outside.at(from.started), from.started);
  else
    go_on_in(outside.at(counts_.outside_until), counts_);
}

void ProcessTape::keep_journal(Journal& journal, std::uint32_t serial, NoteTaken note_taken) {
  journal_ = &journal;
  serial_ = serial;
  journal.note_tape(serial, std::filesystem::absolute(path_).string(), started_ns_);
  writer_.before_each_block([this, note_taken = std::move(note_taken)](std::uint64_t events) {
    note_taken(taking_, events);
    ProcessCounts counts = counts_;
    counts.truncated_stacks += stacks_.truncated();
    counts.outside_until = outside_until_;
    counts.paused_by_program = paused_by_program_ ? 1 : 0;
    journal_->note_counts(serial_, events, counts);
    unnoted_lane_.reset();
  });
}

void ProcessTape::take(std::span<Run> runs) {
  taking_ = runs;
  for (const Run& run : runs)  // the lane's first record may have gone with a drain that is dead
    if (Lane& lane = lanes_[run.lane]; lane.tid == 0) lane.tid = run.tid;
  look_outside();
  merge(runs, [this](const Record& record, const Run& run) { take(record, run.lane, run.payloads); });
  flush();
  taking_ = {};
}

std::size_t ProcessTape::batch_room() const { return std::min<std::size_t>(kBatch, writer_.room()); }

// The next event of the batch, with what all kinds have in common.
inline Event& ProcessTape::next_event(EventKind kind, std::uint64_t stamp, ThreadId thread) {
  if (batched_ == batch_room_) flush();
  Event& event = batch_[batched_++];
  event.time_ns = time_of(stamp);
  event.thread = thread;
  event.scope = 0;
  event.reference = 0;
  event.kind = kind;
  return event;
}

inline Event& ProcessTape::next_event(const Record& record, std::uint32_t lane) {
  Event& event = next_event(kind_of(record), record.stamp, thread_of(lane));
  event.address = record.address;
  return event;
}

Event& ProcessTape::plain_event(EventKind kind, std::uint64_t stamp, ThreadId thread) {
  Event& event = next_event(kind, stamp, thread);
  event.address = 0;
  event.size = 0;
  event.stack = kEmptyStack;
  event.function = Function::malloc;
  return event;
}

// One without size, stack or function.
Event& ProcessTape::plain_event(const Record& record, std::uint32_t lane) {
  Event& event = plain_event(kind_of(record), record.stamp, thread_of(lane));
  event.address = record.address;
  return event;
}

void ProcessTape::flush() {
  writer_.append({batch_.data(), batched_});
  batched_ = 0;
  ++batches_;
  if (max_bytes_ != 0) stay_below_limit();
  if (writer_.room() == 0) writer_.seal();
  batch_room_ = batch_room();
}

void ProcessTape::take(const Record& record, std::uint32_t lane, std::span<const std::string> payloads) {
  if (record.stamp > attentive_from_) [[unlikely]] {
    put_outside(record.stamp - 1);
    if (paused_from_outside_ && is_too_late(record, lane)) return leave_out_late(record);
  }
  if (record.kind >= SlotKind::birth && record.kind <= SlotKind::restored) [[likely]] {
    const bool is_birth = record.kind == SlotKind::birth;
    const auto function = static_cast<Function>(record.function & ((1u << kRateShift) - 1));
    if (batched_ == batch_room_) flush();  // may be where sampling begins, so before it is asked
    if (selection_.is_on()) [[unlikely]] {
      take_selected(record, lane, function);
      ++counts_.lane_calls;
      return;
    }
    ++counts_.lane_calls;
    Event& event = next_event(record, lane);
    if (max_bytes_ != 0) note_touched(record.address);
    event.size = is_birth ? record.size : 0;
    event.stack = is_birth ? stack_of(record.stack) : kEmptyStack;
    event.function = function;
    return;
  }
  const std::string* payload =
      record.payload != 0 && record.payload <= payloads.size() ? &payloads[record.payload - 1] : nullptr;
  if (record.kind == SlotKind::thread) {
    lanes_[lane].tid = static_cast<std::uint32_t>(record.size);
  } else if (record.kind == SlotKind::stack) {
    if (payload != nullptr) take_stack(record, *payload);
  } else if (record.kind == SlotKind::module) {
    if (payload != nullptr) take_module(record, *payload);
  } else if (record.kind == SlotKind::owns && record.address == 0) {  // the reading stopped at its limit
    ++counts_.cut_variables;
  } else if (record.kind == SlotKind::pause || record.kind == SlotKind::resume) {
    take_own_pause(record, thread_of(lane));
  } else if (record.kind > SlotKind::restored && record.kind <= SlotKind::scope_end) {
    take_rare(record, payload, plain_event(record, lane));
  }
}

// Events of what the program says itself.
void ProcessTape::take_rare(const Record& record, const std::string* payload, Event& event) {
  switch (event.kind) {
    case EventKind::mark:
      event.reference = static_cast<std::uint32_t>(text_of(payload == nullptr ? "" : *payload));
      break;
    case EventKind::scope_begin:
      event.scope = static_cast<std::uint32_t>(record.size);
      event.reference = static_cast<std::uint32_t>(take_variable(payload == nullptr ? "" : *payload, event.size));
      break;
    case EventKind::scope_read:
    case EventKind::scope_end:
      event.scope = static_cast<std::uint32_t>(record.size);
      break;
    case EventKind::owns:
      event.scope = static_cast<std::uint32_t>(record.size);
      event.size = record.size >> 32;
      break;
    case EventKind::birth:
    case EventKind::release:
    case EventKind::restored:
    case EventKind::pause:
    case EventKind::resume:
    case EventKind::rate:
    case EventKind::depth:
    case EventKind::passed:
      break;
  }
}

void ProcessTape::depth_lowered(std::uint32_t depth, std::uint64_t stamp) {
  ++depth_changes_;
  untold_depth_ = depth;
  depth_stamp_ = stamp;
  tell_depth();
  flush();
}

// An event is some thread's: the first one's, once there is any.
void ProcessTape::tell_depth() {
  if (untold_depth_ == 0 || named_.empty()) return;
  plain_event(EventKind::depth, depth_stamp_, ThreadId{}).size = std::exchange(untold_depth_, 0);
}

void ProcessTape::leave_out_late(const Record& record) {
  if (record.kind > SlotKind::restored) return;
  ++counts_.lane_calls;
  ++counts_.late_calls;
}

void ProcessTape::set_calls(std::uint64_t called, std::uint64_t dropped) {
  const std::uint64_t left_out =
      counts_.other_layer_births + counts_.unsampled_births + counts_.left_out_frees + counts_.late_calls;
  writer_.set_calls({called, dropped, counts_.lane_calls, left_out});
}

std::uint64_t ProcessTape::time_of(std::uint64_t stamp) {
  if (!step_.holds(stamp)) step_ = clock_.step_of(stamp, started_ns_, step_ns_);
  return step_.ns;
}

void ProcessTape::sample_rss(std::uint64_t now_ns) {
  if (rss_seen_++ % sparseness() != 0) return;
  const std::uint64_t bytes = resident_bytes(pid_);
  if (bytes != 0) writer_.sample_rss({now_ns > started_ns_ ? now_ns - started_ns_ : 0, bytes});
}

Ledger ProcessTape::with_own_counts(Ledger ledger) const {
  ledger[Loss::lost_stacks] += counts_.lost_stacks;
  ledger[Loss::cut_variables] += counts_.cut_variables;
  ledger[Loss::truncated_stacks] += counts_.truncated_stacks + stacks_.truncated();
  ledger[Loss::other_layer_births] += counts_.other_layer_births;
  ledger[Loss::unsampled_births] += counts_.unsampled_births;
  ledger[Loss::left_out_frees] += counts_.left_out_frees;
  ledger[Loss::rate_changes] += counts_.rate_changes;
  ledger[Loss::unwritten_events] += lost_events_;
  ledger[Loss::depth_changes] += depth_changes_;
  return ledger;
}

Ending ProcessTape::ending_at(Ending ending, std::uint64_t now_ns) const {
  ending.duration_ns = std::max(now_ns > started_ns_ ? now_ns - started_ns_ : 0, writer_.time_ns());
  return ending;
}

std::vector<std::uint8_t> ProcessTape::ending_so_far(const Ledger& ledger, std::uint64_t now_ns) {
  seal();
  return writer_.ending_so_far(ending_at({}, now_ns), with_own_counts(ledger));
}

void ProcessTape::finish(Ending ending, const Ledger& ledger, std::uint64_t now_ns) {
  ledger_ = with_own_counts(ledger);
  writer_.finish(ending_at(ending, now_ns), ledger_);
  for (int i = 0; i < kLosses; ++i) ledger_[static_cast<Loss>(i)] += writer_.ledger()[static_cast<Loss>(i)];
  finished_ = true;
}

}  // namespace heaptape
