#include "analyzer/claims.h"

#include <algorithm>

namespace heaptape {

void ClaimsPass::other(const Event& event, Moment) {
  switch (event.kind) {
    case EventKind::scope_begin:
      return begin(event);
    case EventKind::scope_read:
      return read(event.scope);
    case EventKind::owns:
      return claim(event);
    case EventKind::scope_end:
      if (VariableReport* variable = variable_of(event.scope)) variable->end_ns = event.time_ns;
      return;
    default:
      return;
  }
}

void ClaimsPass::begin(const Event& event) {
  const Variable& variable = tape_->variables()[event.reference];
  by_scope_[event.scope] = static_cast<std::uint32_t>(variables_.size());
  VariableReport& report = variables_.emplace_back();
  report.name = variable.name;
  report.type = variable.type;
  report.file = variable.file;
  report.line = variable.line;
  report.address = event.address;
  report.size = event.size;
  report.scope = event.scope;
  report.thread = tape_->threads()[static_cast<std::size_t>(event.thread)].name;
  report.begin_ns = event.time_ns;
  reads_[event.scope] = ++read_count_;
}

void ClaimsPass::read(std::uint32_t scope) {
  VariableReport* variable = variable_of(scope);
  if (variable == nullptr) return;
  reads_[scope] = ++read_count_;
  variable->held_blocks = variable->held_bytes = variable->use_count = 0;
}

void ClaimsPass::claim(const Event& event) {
  VariableReport* variable = variable_of(event.scope);
  if (variable == nullptr) return;
  variable->use_count = std::max(variable->use_count, event.size);
  variable->max_use_count = std::max(variable->max_use_count, event.size);
  const Block* block = live_.around(event.address);
  if (block == nullptr) return;
  const auto self = static_cast<std::uint32_t>(variable - variables_.data());
  const auto [found, is_new] = owners_.try_emplace(block->birth_event, Owner{self, 0});
  if (found->second.variable != self) return;
  if (is_new) {
    ++variable->blocks;
    variable->bytes += block->size;
  }
  if (found->second.last_read == reads_[event.scope]) return;
  found->second.last_read = reads_[event.scope];
  ++variable->held_blocks;
  variable->held_bytes += block->size;
}

VariableReport* ClaimsPass::variable_of(std::uint32_t scope) {
  const auto found = by_scope_.find(scope);
  return found == by_scope_.end() ? nullptr : &variables_[found->second];
}

std::vector<std::uint64_t> ClaimsPass::owned() const {
  std::vector<std::uint64_t> events;
  events.reserve(owners_.size());
  for (const auto& [event, owner] : owners_) events.push_back(event);
  std::sort(events.begin(), events.end());
  return events;
}

Membership membership_of(const TapeReader& tape, Layer layer) {
  if (layer != Layer::user || tape.variables().empty()) return Membership(layer, tape.frames(), {});
  ClaimsPass claims(tape);
  Pass* const passes[] = {&claims};
  // Whoever asks for the layer reads the tape once more and tells what is damaged.
  static_cast<void>(replay(tape, passes));
  return Membership(layer, tape.frames(), claims.owned());
}

}  // namespace heaptape
