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
      if (const Known* known = find(event.scope)) variables_[known->variable].end_ns = event.time_ns;
      return;
    default:
      return;
  }
}

void ClaimsPass::begin(const Event& event) {
  const Variable& variable = tape_->variables()[event.reference];
  by_scope_[event.scope] = {variables_.size(), owners_.begin_reading()};
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
}

void ClaimsPass::read(std::uint32_t scope) {
  Known* const known = find(scope);
  if (known == nullptr) return;
  known->reading = owners_.begin_reading();
  VariableReport& variable = variables_[known->variable];
  variable.held_blocks = variable.held_bytes = variable.use_count = 0;
}

void ClaimsPass::claim(const Event& event) {
  const Known* const known = find(event.scope);
  if (known == nullptr) return;
  VariableReport& variable = variables_[known->variable];
  variable.use_count = std::max(variable.use_count, event.size);
  variable.max_use_count = std::max(variable.max_use_count, event.size);
  const Owners::Reached reached = owners_.reach(event.address, event.scope, known->reading);
  if (reached.block == nullptr || reached.owner != event.scope) return;
  if (reached.is_first) {
    owned_.push_back(reached.block->birth_event);
    ++variable.blocks;
    variable.bytes += reached.block->size;
  }
  if (reached.is_repeated) return;
  ++variable.held_blocks;
  variable.held_bytes += reached.block->size;
}

ClaimsPass::Known* ClaimsPass::find(std::uint32_t scope) {
  const auto found = by_scope_.find(scope);
  return found == by_scope_.end() ? nullptr : &found->second;
}

std::vector<std::uint64_t> ClaimsPass::owned() const {
  std::vector<std::uint64_t> events = owned_;
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
