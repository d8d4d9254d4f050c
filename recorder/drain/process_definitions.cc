// What a process tells of its stacks, modules, variables and threads, as definitions of its tape.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "recorder/drain/proc.h"
#include "recorder/drain/process_tape.h"
#include "recorder/unwind/walk.h"

namespace heaptape {
namespace {

std::string_view terminated(const std::string& text, std::size_t& at) {
  const std::size_t begin = std::min(at, text.size());
  const std::size_t end = std::min(text.find('\0', begin), text.size());
  at = end + 1;
  return std::string_view(text).substr(begin, end - begin);
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

// What was noted after the last whole block is told again by the mapping, and gets the same ids.
void ProcessTape::know_definitions(const Definitions& known, const TapeNotes& notes) {
  stacks_.resume(known, notes.epochs);
  const std::size_t frames = known.frames.items().size(), threads = known.threads.items().size();
  told_stacks_.insert(notes.told.begin(), notes.told.end());
  for (const auto& [id, node] : notes.stacks) {
    if (static_cast<std::uint32_t>(node) >= frames) continue;
    know_stack(id, node);
    told_stacks_.erase(id);
  }
  for (const auto& [lane, thread] : notes.threads) {
    if (static_cast<std::uint32_t>(thread) >= threads) continue;
    const Thread& named = known.threads.items()[static_cast<std::uint32_t>(thread)];
    lanes_[lane] = {.tid = named.tid, .defined = true, .thread = thread, .name = named.name};
  }
  for (std::size_t i = 0; i < threads; ++i)
    if (known.threads.items()[i].tid == 0) outside_thread_ = static_cast<ThreadId>(i);
  const auto& texts = known.texts.items();
  for (std::size_t i = 0; i < texts.size(); ++i) texts_.try_emplace(texts[i], static_cast<TextId>(i));
  const auto& variables = known.variables.items();
  for (std::size_t i = 0; i < variables.size(); ++i)
    variables_.try_emplace(key_of(variables[i]), static_cast<VariableId>(i));
}

TextId ProcessTape::text_of(const std::string& text) {
  const auto [known, fresh] = texts_.try_emplace(text);
  if (fresh) known->second = writer_.define(text);
  return known->second;
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

StackId ProcessTape::stack_of(std::uint32_t id) {
  if (id == 0) return kEmptyStack;  // counted in the mapping
  if (!told_stacks_.empty()) [[unlikely]]
    if (const auto told = told_stacks_.extract(id)) define_stack(id, told.mapped());
  if (id < stack_ids_.size() && stack_ids_[id] != kEmptyStack) return stack_ids_[id];
  ++counts_.lost_stacks;
  return kEmptyStack;
}

}  // namespace heaptape
