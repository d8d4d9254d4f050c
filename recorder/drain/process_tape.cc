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
                         std::uint64_t started, const Clock& clock, const OutsideLog& outside,
                         const WriterOptions& options)
    : path_(path),
      pid_(pid),
      clock_(clock),
      started_ns_(clock.monotonic_ns(started)),
      step_ns_(std::max(meta.clock_step_ns, 1u)),
      writer_(path, meta, options),
      stacks_(writer_, meta.program, header.entry),
      outside_(outside) {
  const OutsideLog::Position begin = outside.at(started);
  next_outside_ = begin.next;
  if (begin.paused) set_paused(false, true, started, outside_thread());
  flush();
}

void ProcessTape::take(std::span<const Run> runs) {
  look_outside();
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

void ProcessTape::put(const Event& event) {
  if (batched_ == kBatch) flush();
  batch_[batched_++] = event;
}

void ProcessTape::flush() {
  writer_.append({batch_.data(), batched_});
  batched_ = 0;
}

void ProcessTape::take(const Record& record, std::uint32_t lane, std::span<const std::string> payloads) {
  if (record.stamp > attentive_from_) [[unlikely]] {
    put_outside(record.stamp - 1);
    if (paused_from_outside_ && is_too_late(record, lane)) return;
  }
  if (record.kind >= SlotKind::birth && record.kind <= SlotKind::restored) [[likely]] {
    const bool is_birth = record.kind == SlotKind::birth;
    Event& event = next_event(record, lane);
    event.size = is_birth ? record.size : 0;
    event.stack = is_birth ? stack_of(record.stack) : kEmptyStack;
    event.function = record.function < kFunctions ? static_cast<Function>(record.function) : Function::malloc;
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
  } else if (record.kind == SlotKind::pause || record.kind == SlotKind::resume) {
    set_paused(record.kind == SlotKind::pause, paused_from_outside_, record.stamp, thread_of(lane));
  } else if (record.kind > SlotKind::restored && record.kind <= SlotKind::scope_end) {
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
      break;
  }
}

// Recording is on while neither side has paused it; the tape bears the changes of that.
void ProcessTape::set_paused(bool by_program, bool from_outside, std::uint64_t stamp, ThreadId thread) {
  const bool before = paused_by_program_ || paused_from_outside_;
  const bool now = by_program || from_outside;
  if (from_outside != paused_from_outside_) late_lanes_.clear();
  paused_by_program_ = by_program;
  paused_from_outside_ = from_outside;
  if (now == before) return;
  Event event;
  event.kind = now ? EventKind::pause : EventKind::resume;
  event.time_ns = time_of(stamp);
  event.thread = thread;
  put(event);
}

void ProcessTape::look_outside() {
  const Outside* next = outside_.find(next_outside_);
  attentive_from_ = paused_from_outside_ ? 0 : next == nullptr ? UINT64_MAX : next->stamp;
}

void ProcessTape::put_outside(std::uint64_t until) {
  const Outside* what = outside_.find(next_outside_);
  for (; what != nullptr && what->stamp <= until; what = outside_.find(++next_outside_)) {
    if (what->kind != EventKind::mark) {
      set_paused(paused_by_program_, what->kind == EventKind::pause, what->stamp, outside_thread());
      continue;
    }
    Event event;
    event.kind = EventKind::mark;
    event.time_ns = time_of(what->stamp);
    event.thread = outside_thread();
    event.reference = static_cast<std::uint32_t>(text_of(what->name));
    put(event);
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

TextId ProcessTape::text_of(const std::string& text) {
  const auto [known, fresh] = texts_.try_emplace(text);
  if (fresh) known->second = writer_.define(text);
  return known->second;
}

void ProcessTape::take_stack(const Record& record, const std::string& payload) {
  std::vector<std::uint64_t> addresses(
      std::min<std::size_t>(payload.size() / sizeof(std::uint64_t), unwind::kMaxDepth));
  std::memcpy(addresses.data(), payload.data(), addresses.size() * sizeof(std::uint64_t));
  const auto epoch = static_cast<std::uint32_t>(record.address);
  if (record.stack >= kMaxStackId) return;
  if (record.stack >= stack_ids_.size())
    stack_ids_.resize(std::max<std::size_t>(record.stack + 1, stack_ids_.size() * 2));
  stack_ids_[record.stack] = stacks_.intern(addresses, epoch, (record.size & 1) != 0);
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
  if (id < stack_ids_.size() && stack_ids_[id] != kEmptyStack) return stack_ids_[id];
  ++lost_stacks_;
  return kEmptyStack;
}

std::uint64_t ProcessTape::time_of(std::uint64_t stamp) {
  if (!step_.holds(stamp)) step_ = clock_.step_of(stamp, started_ns_, step_ns_);
  return step_.ns;
}

void ProcessTape::sample_rss(std::uint64_t now_ns) {
  const std::uint64_t bytes = resident_bytes(pid_);
  if (bytes != 0) writer_.sample_rss({now_ns > started_ns_ ? now_ns - started_ns_ : 0, bytes});
}

Ledger ProcessTape::with_own_counts(Ledger ledger) const {
  ledger[Loss::lost_stacks] += lost_stacks_;
  ledger[Loss::cut_variables] += cut_variables_;
  ledger[Loss::truncated_stacks] += stacks_.truncated();
  return ledger;
}

Ending ProcessTape::ending_at(Ending ending, std::uint64_t now_ns) const {
  ending.duration_ns = now_ns > started_ns_ ? now_ns - started_ns_ : 0;
  return ending;
}

std::vector<std::uint8_t> ProcessTape::ending_so_far(const Ledger& ledger, std::uint64_t now_ns) {
  writer_.seal();
  return writer_.ending_so_far(ending_at({}, now_ns), with_own_counts(ledger));
}

void ProcessTape::finish(Ending ending, const Ledger& ledger, std::uint64_t now_ns) {
  const Ledger all = with_own_counts(ledger);
  writer_.finish(ending_at(ending, now_ns), all);
  ledger_ = all;
  for (int i = 0; i < kLosses; ++i) ledger_[static_cast<Loss>(i)] += writer_.ledger()[static_cast<Loss>(i)];
  finished_ = true;
}

}  // namespace heaptape
