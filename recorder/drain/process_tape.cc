#include "recorder/drain/process_tape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "recorder/drain/proc.h"
#include "recorder/unwind/walk.h"

namespace heaptape {
namespace {

std::string_view terminated(const std::string& text, std::size_t& at) {
  const std::size_t begin = std::min(at, text.size());
  const std::size_t end = std::min(text.find('\0', begin), text.size());
  at = end + 1;
  return std::string_view(text).substr(begin, end - begin);
}

// Where a run has been read to. Older stamps first; at equal ones a release goes before another
// lane's birth, since it may be the birth's own address.
struct Head {
  const Run* run;
  std::size_t at;
  const Record& record() const { return run->records[at]; }
  bool done() const { return at == run->records.size(); }
  bool operator<(const Head& other) const {
    if (done() || other.done()) return !done();
    if (record().stamp != other.record().stamp) return record().stamp < other.record().stamp;
    return record().kind == SlotKind::release && other.record().kind != SlotKind::release;
  }
};

// Sinks the first of the heads to its place in the heap, the oldest on top.
void sink_first(std::vector<Head>& heads) {
  const Head sinking = heads[0];
  std::size_t at = 0;
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heads.size()) break;
    if (child + 1 < heads.size() && heads[child + 1] < heads[child]) ++child;
    if (!(heads[child] < sinking)) break;
    heads[at] = heads[child];
    at = child;
  }
  heads[at] = sinking;
}

std::string printable_build_id(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

ProcessTape::ProcessTape(const std::string& path, const Meta& meta, const MappingHeader& header, std::uint32_t pid,
                         std::uint64_t started, const Clock& clock, const WriterOptions& options,
                         const CaptureOptions& capture)
    : pid_(pid),
      number_(meta.number),
      clock_(clock),
      started_ns_(clock.monotonic_ns(started)),
      step_ns_(std::max(meta.clock_step_ns, 1u)),
      writer_(path, meta, options),
      stacks_(writer_, meta.program, header.entry),
      selection_(capture),
      max_bytes_(options.max_bytes),
      room_at_raise_(options.max_bytes) {}

void ProcessTape::take(std::span<const Run> runs) {
  if (runs.size() == 1) {
    for (const Record& record : runs[0].records) take(record, runs[0].lane, runs[0].payloads);
    return flush();
  }
  std::vector<Head> heads;
  for (const Run& run : runs) heads.push_back({&run, 0});
  std::sort(heads.begin(), heads.end());
  while (!heads.empty() && !heads[0].done()) {
    Head& head = heads[0];
    take(head.record(), head.run->lane, head.run->payloads);
    ++head.at;
    sink_first(heads);
  }
  flush();
}

// The next event of the batch, with what all kinds have in common.
inline Event& ProcessTape::next_event(const Record& record, std::uint32_t lane) {
  if (batched_ == kBatch) flush();
  const ThreadId thread = thread_of(lane);
  Event& event = batch_[batched_++];
  event.time_ns = time_of(record.stamp);
  event.address = record.address;
  event.thread = thread;
  event.scope = 0;
  event.reference = 0;
  event.kind = static_cast<EventKind>(static_cast<int>(record.kind) - 1);
  return event;
}

void ProcessTape::flush() {
  writer_.append({batch_.data(), batched_});
  batched_ = 0;
  if (max_bytes_ != 0) stay_below_limit();
}

// Half of the tape is for every event. Then each rate has a quarter of what was left for itself and makes a quarter as
// much: so each lasts three times as long as the one before. At the end, where blocks are large beside what is left,
// each block is followed by a much larger step.
void ProcessTape::stay_below_limit() {
  constexpr std::uint64_t kStep = 4, kLastStep = 16, kFirstBlocks = 8, kLeastInterval = 1024;
  const std::uint64_t room = writer_.room();
  if (room >= (selection_.raised() == 0 ? max_bytes_ / 2 : room_at_raise_ / 4 * 3)) return;
  const bool is_late = room < max_bytes_ / 16;
  room_at_raise_ = room;
  const Totals& all = writer_.totals().all;
  const std::uint64_t mean = all.allocations == 0 ? 0 : all.allocated_bytes / all.allocations;
  selection_.raise(
      std::max({selection_.interval() * (is_late ? kLastStep : kStep), mean * kFirstBlocks, kLeastInterval}));
}

// Where births may be missing from the tape.
void ProcessTape::take_selected(const Record& record, std::uint32_t lane, Function function) {
  switch (record.kind) {
    case SlotKind::birth:
      return take_selected_birth(record, lane, function);
    case SlotKind::release:
      return take_selected_release(record, lane, function);
    default:
      if (!selection_.may_restore(lane, record.address)) return;
      add_event(record, lane, EventKind::restored).function = function;
  }
}

Event& ProcessTape::add_event(const Record& record, std::uint32_t lane, EventKind kind) {
  Event& event = next_event(record, lane);
  event.kind = kind;
  event.size = 0;
  event.stack = kEmptyStack;
  event.function = Function::malloc;
  return event;
}

void ProcessTape::take_selected_birth(const Record& record, std::uint32_t lane, Function function) {
  const std::uint64_t taken_at = rates_ == nullptr ? 0 : rates_->of(record.function >> kRateShift);
  if (!selection_.keeps(record.size, taken_at)) {
    ++unsampled_births_;
    return selection_.note_left_out(lane);
  }
  const StackId stack = stack_of(record.stack);
  if (!selection_.wants(stack, stacks_.in_program(stack))) {
    ++other_layer_births_;
    return selection_.note_left_out(lane);
  }
  if (selection_.take_news()) {
    Event& rate = add_event(record, lane, EventKind::rate);
    rate.address = 0;
    rate.size = selection_.interval();
  }
  selection_.note_kept(lane, record.address);
  Event& event = add_event(record, lane, EventKind::birth);
  event.size = record.size;
  event.stack = stack;
  event.function = function;
}

void ProcessTape::take_selected_release(const Record& record, std::uint32_t lane, Function function) {
  flush();  // the writer knows what lives
  const bool kept = writer_.is_live(record.address);
  selection_.note_release(lane, record.address, kept);
  if (!kept) {
    ++left_out_frees_;
    return;
  }
  if (record.size == 1 || selection_.passed_since(lane, record.address))
    add_event(record, lane, EventKind::passed).address = 0;
  add_event(record, lane, EventKind::release).function = function;
}

void ProcessTape::take(const Record& record, std::uint32_t lane, std::span<const std::string> payloads) {
  if (record.kind >= SlotKind::birth && record.kind <= SlotKind::restored) [[likely]] {
    const bool is_birth = record.kind == SlotKind::birth;
    const auto function = static_cast<std::uint8_t>(record.function & ((1u << kRateShift) - 1));
    if (selection_.is_on()) [[unlikely]]
      return take_selected(record, lane, static_cast<Function>(function));
    Event& event = next_event(record, lane);
    event.size = is_birth ? record.size : 0;
    event.stack = is_birth ? stack_of(record.stack) : kEmptyStack;
    event.function = static_cast<Function>(function);
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
    ++cut_variables_;
  } else if (record.kind > SlotKind::restored && record.kind <= SlotKind::resume) {
    Event& event = next_event(record, lane);
    event.size = 0;
    event.stack = kEmptyStack;
    event.function = Function::malloc;
    take_rare(record, payload, event);
  }
}

// Events of what the program says itself.
void ProcessTape::take_rare(const Record& record, const std::string* payload, Event& event) {
  switch (event.kind) {
    case EventKind::mark: {
      const auto [text, fresh] = texts_.try_emplace(payload == nullptr ? "" : *payload);
      if (fresh) text->second = writer_.define(text->first);
      event.reference = static_cast<std::uint32_t>(text->second);
      break;
    }
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

void ProcessTape::take_stack(const Record& record, const std::string& payload) {
  const auto epoch = static_cast<std::uint32_t>(record.address);
  const bool truncated = (record.size & 1) != 0;
  if (record.stack >= kMaxStackId) return;
  if (selection_.is_on())
    told_stacks_.insert_or_assign(record.stack, ToldStack{payload, epoch, truncated});
  else
    define_stack(record.stack, payload, epoch, truncated);
}

void ProcessTape::define_stack(std::uint32_t id, const std::string& payload, std::uint32_t epoch, bool truncated) {
  std::vector<std::uint64_t> addresses(
      std::min<std::size_t>(payload.size() / sizeof(std::uint64_t), unwind::kMaxDepth));
  std::memcpy(addresses.data(), payload.data(), addresses.size() * sizeof(std::uint64_t));
  if (id >= stack_ids_.size()) stack_ids_.resize(std::max<std::size_t>(id + 1, stack_ids_.size() * 2));
  stack_ids_[id] = stacks_.intern(addresses, epoch, truncated);
}

void ProcessTape::take_module(const Record& record, const std::string& payload) {
  ModulePayload front;
  if (payload.size() < sizeof front) return;
  std::memcpy(&front, payload.data(), sizeof front);
  Module module;
  module.path = payload.substr(sizeof front);
  if (module.path.rfind("./", 0) == 0 || module.path.rfind("../", 0) == 0) {
    std::error_code gone;
    const auto folder = std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", pid_), gone);
    if (!gone) module.path = (folder / module.path).lexically_normal();
  }
  module.build_id =
      printable_build_id(front.build_id, std::min<std::size_t>(front.build_id_bytes, sizeof front.build_id));
  module.bias = front.bias;
  module.begin = record.address;
  module.end = record.address + record.size * 4096;
  stacks_.add_module(std::move(module), front.epoch);
}

VariableId ProcessTape::take_variable(const std::string& payload, std::uint64_t& bytes) {
  std::uint32_t line = 0;
  if (payload.size() >= 12) {
    std::memcpy(&bytes, payload.data(), 8);
    std::memcpy(&line, payload.data() + 8, 4);
  }
  const auto [known, fresh] = variables_.try_emplace(payload);
  if (fresh) {
    std::size_t at = 12;
    Variable variable;
    variable.name = terminated(payload, at);
    variable.type = terminated(payload, at);
    variable.file = terminated(payload, at);
    variable.line = line;
    known->second = writer_.define(variable);
  }
  return known->second;
}

ThreadId ProcessTape::thread_of(std::uint32_t lane) {
  if (last_lane_ == lane && last_defined_ != nullptr) return last_defined_->thread;  // runs of one lane are long
  Lane& known = lanes_[lane];
  if (!known.defined) {
    known.name = thread_name(pid_, known.tid);
    known.thread = writer_.define(Thread{.tid = known.tid, .name = known.name});
    known.defined = true;
    named_.push_back(lane);
  }
  last_lane_ = lane;
  last_defined_ = &known;
  return known.thread;
}

std::uint32_t ProcessTape::tid_of(std::uint32_t lane) const {
  const auto known = lanes_.find(lane);
  return known == lanes_.end() ? 0 : known->second.tid;
}

void ProcessTape::refresh_names() {
  // Many threads are looked at in turn, a few at a time.
  constexpr std::size_t kMost = 64;
  const std::size_t count = std::min(kMost, named_.size());
  for (std::size_t i = 0; i < count; ++i) {
    Lane& known = lanes_[named_[next_named_++ % named_.size()]];
    const std::string now = thread_name(pid_, known.tid);
    if (now.empty() || now == known.name) continue;
    known.name = now;
    writer_.rename(known.thread, now);
  }
}

StackId ProcessTape::stack_of(std::uint32_t id) {
  if (id == 0) return kEmptyStack;  // counted in the mapping
  if (!told_stacks_.empty()) [[unlikely]] {
    if (const auto told = told_stacks_.extract(id)) {
      const ToldStack& stack = told.mapped();
      define_stack(id, stack.payload, stack.epoch, stack.truncated);
    }
  }
  if (id < stack_ids_.size() && stack_ids_[id] != kEmptyStack) return stack_ids_[id];
  ++lost_stacks_;
  return kEmptyStack;
}

std::uint64_t ProcessTape::time_of(std::uint64_t stamp) {
  if (!step_.holds(stamp)) step_ = clock_.step_of(stamp, started_ns_, step_ns_);
  return step_.ns;
}

// As a limit of the tape comes near, whatever grows with time alone gets sparse as well.
std::uint64_t ProcessTape::sparseness() const {
  return max_bytes_ == 0 ? 1 : std::min<std::uint64_t>(max_bytes_ / std::max<std::uint64_t>(room_at_raise_, 1), 1024);
}

void ProcessTape::sample_rss(std::uint64_t now_ns) {
  if (rss_seen_++ % sparseness() != 0) return;
  const std::uint64_t bytes = resident_bytes(pid_);
  if (bytes != 0) writer_.sample_rss({now_ns > started_ns_ ? now_ns - started_ns_ : 0, bytes});
}

void ProcessTape::finish(Ending ending, const Ledger& ledger, std::uint64_t now_ns) {
  ending.duration_ns = now_ns > started_ns_ ? now_ns - started_ns_ : 0;
  Ledger all = ledger;
  all[Loss::lost_stacks] += lost_stacks_;
  all[Loss::cut_variables] += cut_variables_;
  all[Loss::other_layer_births] += other_layer_births_;
  all[Loss::unsampled_births] += unsampled_births_;
  all[Loss::left_out_frees] += left_out_frees_;
  all[Loss::rate_changes] += selection_.raised();
  all[Loss::truncated_stacks] += stacks_.truncated();
  writer_.finish(ending, all);
  ledger_ = all;
  for (int i = 0; i < kLosses; ++i) ledger_[static_cast<Loss>(i)] += writer_.ledger()[static_cast<Loss>(i)];
  finished_ = true;
}

}  // namespace heaptape
