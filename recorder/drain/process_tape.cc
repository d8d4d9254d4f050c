#include "recorder/drain/process_tape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "recorder/drain/proc.h"
#include "recorder/drain/tape_meta.h"
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
  Run* run;
  const Record& record() const { return run->records[run->taken]; }
  bool done() const { return run->taken == run->records.size(); }
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

// A variable's payload less the size in front: what the tape keeps of it.
std::string key_of(const Variable& variable) {
  std::string key(reinterpret_cast<const char*>(&variable.line), sizeof variable.line);
  for (const std::string* text : {&variable.name, &variable.type, &variable.file}) key += *text + '\0';
  return key;
}

std::string printable_build_id(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

ProcessTape::ProcessTape(const std::string& path, const Meta& meta, const MappingHeader& header, std::uint32_t pid,
                         std::uint64_t started, const Clock& clock, const WriterOptions& options)
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
      batch_room_(batch_room()) {}

ProcessTape::ProcessTape(const std::string& path, const TapeContents& cut, const MappingHeader& header,
                         const TapeNotes& notes, const ProcessCounts& counts, std::uint64_t lost_events,
                         const Clock& clock)
    : pid_(0),
      clock_(clock),
      path_(path),
      started_ns_(notes.started_ns),
      step_ns_(std::max(cut.index.meta.clock_step_ns, 1u)),
      writer_(path, cut, limits_of(cut.index.meta)),
      stacks_(writer_, cut.index.meta.program, header.entry),
      selection_(cut.index.meta, header.control.seed.load(std::memory_order_relaxed)),
      max_bytes_(cut.index.meta.max_tape),
      room_at_raise_(writer_.bytes_left()),
      told_stacks_(notes.told.begin(), notes.told.end()),
      counts_(counts),
      lost_events_(lost_events),
      batch_room_(batch_room()) {
  // What was noted after the last whole block is told again by the mapping, and gets the same ids.
  stacks_.resume(cut.definitions, notes.epochs);
  const std::size_t frames = cut.definitions.frames.items().size(), threads = cut.definitions.threads.items().size();
  for (const auto& [id, node] : notes.stacks) {
    if (static_cast<std::uint32_t>(node) >= frames) continue;
    know_stack(id, node);
    told_stacks_.erase(id);
  }
  selection_.resume(writer_.interval());
  for (const auto& [lane, thread] : notes.threads) {
    if (static_cast<std::uint32_t>(thread) >= threads) continue;
    const Thread& known = cut.definitions.threads.items()[static_cast<std::uint32_t>(thread)];
    lanes_[lane] = {.tid = known.tid, .defined = true, .thread = thread, .name = known.name};
  }
  const auto& texts = cut.definitions.texts.items();
  for (std::size_t i = 0; i < texts.size(); ++i) texts_.try_emplace(texts[i], static_cast<TextId>(i));
  const auto& variables = cut.definitions.variables.items();
  for (std::size_t i = 0; i < variables.size(); ++i)
    variables_.try_emplace(key_of(variables[i]), static_cast<VariableId>(i));
}

void ProcessTape::keep_journal(Journal& journal, std::uint32_t serial, NoteTaken note_taken) {
  journal_ = &journal;
  serial_ = serial;
  journal.note_tape(serial, std::filesystem::absolute(path_).string(), started_ns_);
  writer_.before_each_block([this, note_taken = std::move(note_taken)](std::uint64_t events) {
    note_taken(taking_, events);
    ProcessCounts counts = counts_;
    counts.truncated_stacks += stacks_.truncated();
    journal_->note_counts(serial_, events, counts);
    unnoted_lane_.reset();
  });
}

void ProcessTape::take(std::span<Run> runs) {
  taking_ = runs;
  for (const Run& run : runs)  // the lane's first record may have gone with a drain that is dead
    if (Lane& lane = lanes_[run.lane]; lane.tid == 0) lane.tid = run.tid;
  if (runs.size() == 1) {
    for (Run& run = runs[0]; run.taken < run.records.size(); ++run.taken)
      take(run.records[run.taken], run.lane, run.payloads);
  } else {
    std::vector<Head> heads;
    for (Run& run : runs) heads.push_back({&run});
    std::sort(heads.begin(), heads.end());
    while (!heads.empty() && !heads[0].done()) {
      const Head head = heads[0];
      take(head.record(), head.run->lane, head.run->payloads);
      ++head.run->taken;
      sink_first(heads);
    }
  }
  flush();
  taking_ = {};
}

std::size_t ProcessTape::batch_room() const { return std::min<std::size_t>(kBatch, writer_.room()); }

// The next event of the batch, with what all kinds have in common.
inline Event& ProcessTape::next_event(const Record& record, std::uint32_t lane) {
  if (batched_ == batch_room_) flush();
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

// One without size, stack or function.
Event& ProcessTape::plain_event(const Record& record, std::uint32_t lane) {
  Event& event = next_event(record, lane);
  event.size = 0;
  event.stack = kEmptyStack;
  event.function = Function::malloc;
  return event;
}

void ProcessTape::flush() {
  writer_.append({batch_.data(), batched_});
  batched_ = 0;
  ++batches_;
  if (writer_.room() == 0) writer_.seal();
  batch_room_ = batch_room();
  if (max_bytes_ != 0) stay_below_limit();
}

void ProcessTape::take(const Record& record, std::uint32_t lane, std::span<const std::string> payloads) {
  if (record.kind >= SlotKind::birth && record.kind <= SlotKind::restored) [[likely]] {
    const bool is_birth = record.kind == SlotKind::birth;
    const auto function = static_cast<Function>(record.function & ((1u << kRateShift) - 1));
    if (batched_ == batch_room_) flush();  // may be where sampling begins, so before it is asked
    if (selection_.is_on()) [[unlikely]]
      return take_selected(record, lane, function);
    Event& event = next_event(record, lane);
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
  } else if (record.kind > SlotKind::restored && record.kind <= SlotKind::resume) {
    take_rare(record, payload, plain_event(record, lane));
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
  if (record.stack >= kMaxStackId) return;
  TapeNotes::Told told{{record.size, static_cast<std::uint32_t>(record.address)}, payload};
  if (max_bytes_ == 0) return define_stack(record.stack, told);
  if (journal_ != nullptr) journal_->note_told(serial_, record.stack, told.note, payload);
  told_stacks_.insert_or_assign(record.stack, std::move(told));
}

void ProcessTape::define_stack(std::uint32_t id, const TapeNotes::Told& told) {
  const std::size_t count = told.addresses.size() / sizeof(std::uint64_t);
  std::vector<std::uint64_t> addresses(std::min<std::size_t>(count, unwind::kMaxDepth));
  std::memcpy(addresses.data(), told.addresses.data(), addresses.size() * sizeof(std::uint64_t));
  const StackId node = stacks_.intern(addresses, told.note.epoch, told.note.cut);
  know_stack(id, node);
  if (journal_ != nullptr) journal_->note_stack(serial_, id, node);
}

void ProcessTape::know_stack(std::uint32_t id, StackId node) {
  if (id >= stack_ids_.size()) stack_ids_.resize(std::max<std::size_t>(id + 1, stack_ids_.size() * 2));
  stack_ids_[id] = node;
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
  const ModuleId id = stacks_.add_module(std::move(module), front.epoch);
  if (journal_ != nullptr) journal_->note_module(serial_, id, front.epoch);
}

VariableId ProcessTape::take_variable(const std::string& payload, std::uint64_t& bytes) {
  std::uint32_t line = 0;
  if (payload.size() >= 12) {
    std::memcpy(&bytes, payload.data(), 8);
    std::memcpy(&line, payload.data() + 8, 4);
  }
  const auto [known, fresh] = variables_.try_emplace(payload.size() < 8 ? payload : payload.substr(8));
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
    if (journal_ != nullptr) journal_->note_thread(serial_, lane, known.thread);
    tell_depth();
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

void ProcessTape::depth_lowered(std::uint32_t depth, std::uint64_t stamp) {
  ++depth_changes_;
  untold_depth_ = depth;
  depth_time_ = time_of(stamp);
  tell_depth();
}

// An event is some thread's: the first one's, once there is any.
void ProcessTape::tell_depth() {
  if (untold_depth_ == 0 || named_.empty()) return;
  writer_.append({.time_ns = depth_time_, .size = untold_depth_, .kind = EventKind::depth});
  untold_depth_ = 0;
}

StackId ProcessTape::stack_of(std::uint32_t id) {
  if (id == 0) return kEmptyStack;  // counted in the mapping
  if (!told_stacks_.empty()) [[unlikely]]
    if (const auto told = told_stacks_.extract(id)) define_stack(id, told.mapped());
  if (id < stack_ids_.size() && stack_ids_[id] != kEmptyStack) return stack_ids_[id];
  ++counts_.lost_stacks;
  return kEmptyStack;
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

void ProcessTape::finish(Ending ending, const Ledger& ledger, std::uint64_t now_ns) {
  ending.duration_ns = std::max(now_ns > started_ns_ ? now_ns - started_ns_ : 0, writer_.time_ns());
  Ledger all = ledger;
  all[Loss::lost_stacks] += counts_.lost_stacks;
  all[Loss::cut_variables] += counts_.cut_variables;
  all[Loss::truncated_stacks] += counts_.truncated_stacks + stacks_.truncated();
  all[Loss::other_layer_births] += counts_.other_layer_births;
  all[Loss::unsampled_births] += counts_.unsampled_births;
  all[Loss::left_out_frees] += counts_.left_out_frees;
  all[Loss::rate_changes] += counts_.rate_changes;
  all[Loss::unwritten_events] += lost_events_;
  all[Loss::depth_changes] += depth_changes_;
  writer_.finish(ending, all);
  ledger_ = all;
  for (int i = 0; i < kLosses; ++i) ledger_[static_cast<Loss>(i)] += writer_.ledger()[static_cast<Loss>(i)];
  finished_ = true;
}

}  // namespace heaptape
