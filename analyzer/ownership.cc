#include "analyzer/ownership.h"

#include <algorithm>
#include <utility>

namespace heaptape {
namespace {

using Scope = VariablesReport::Scope;

void note_peak(Scope& scope) {
  const VariablesReport::Point& now = scope.history.back();
  if (now.bytes < scope.peak_bytes || (now.bytes == scope.peak_bytes && now.blocks <= scope.peak_blocks)) return;
  scope.peak_bytes = now.bytes;
  scope.peak_blocks = now.blocks;
  scope.peak_is_inferred = now.is_inferred();
}

// Every second inferred point goes; where there are none, every second one. First and last stay.
void thin(Scope& scope) {
  std::vector<VariablesReport::Point>& history = scope.history;
  const auto inferred =
      std::count_if(history.begin() + 1, history.end() - 1, [](const auto& point) { return point.is_inferred(); });
  std::vector<VariablesReport::Point> kept{history.front()};
  bool keep = false;
  for (std::size_t i = 1; i + 1 < history.size(); ++i) {
    const bool may_go = inferred < 2 || history[i].is_inferred();
    if (may_go) keep = !keep;
    if (!may_go || keep) kept.push_back(std::move(history[i]));
  }
  kept.push_back(std::move(history.back()));
  scope.points_left_out += history.size() - kept.size();
  history = std::move(kept);
}

// A point like the last one, to be changed. What happens within a step of the clock between readings is one point.
VariablesReport::Point& next_point(Scope& scope, std::uint64_t time_ns, VariablesReport::How how) {
  const bool inferred = how == VariablesReport::How::released || how == VariablesReport::How::replaced;
  if (inferred && scope.history.back().is_inferred() && scope.history.back().time_ns == time_ns) {
    scope.history.back().how = how;
    return scope.history.back();
  }
  if (scope.history.size() == VariablesReport::kMostPoints) thin(scope);
  VariablesReport::Point point = scope.history.empty() ? VariablesReport::Point{} : scope.history.back();
  point.time_ns = time_ns;
  point.how = how;
  point.mark.clear();
  return scope.history.emplace_back(std::move(point));
}

}  // namespace

bool OwnershipPass::counts(Moment now) {
  if (now.event > end_) return false;
  if (now.event > begin_) begin_range();
  return true;
}

// What was owned before is not counted, but for what is owned still.
void OwnershipPass::begin_range() {
  if (std::exchange(has_begun_, true)) return;
  for (VariablesReport::Variable& variable : variables_)
    variable = {.name = variable.name,
                .type = variable.type,
                .file = variable.file,
                .line = variable.line,
                .size = variable.size};
  for (auto& [number, open] : open_) {
    ++variable_of(open).scopes;
    Scope& scope = open.report;
    scope.history.erase(scope.history.begin(), scope.history.end() - 1);
    Point& now = scope.history.front();
    now.time_ns = begin_ns_;
    scope.points_left_out = scope.blocks = scope.bytes = scope.peak_bytes = scope.peak_blocks = 0;
    scope.peak_is_inferred = false;
    scope.max_use_count = now.use_count;
    scope.shared.clear();
    note_peak(scope);
  }
}

void OwnershipPass::born(const Block& block, Moment now) {
  if (!counts(now)) return;
  owners_.born(block);
  const auto found = recent_.find(static_cast<std::uint32_t>(block.thread));
  if (found == recent_.end()) return;
  Recent& recent = found->second;
  recent.births[recent.count++ % recent.births.size()] = block;
  if (!recent.waiting) return;
  const auto [scope, old] = *std::exchange(recent.waiting, std::nullopt);
  Open* const open = find(scope);
  if (open != nullptr && block.function == Function::realloc) replace(*open, block, now);
}

void OwnershipPass::ended(const Block& block, Fate, Moment now) {
  if (!counts(now)) return;
  Open* const open = holder(owners_.ended(block, now));
  if (open == nullptr) return;
  Point& point = next_point(open->report, now.time_ns, How::released);
  --point.blocks;
  point.bytes -= block.size;
  infer(*open, block, now);
}

void OwnershipPass::restored(const Block& block, Fate, Moment now) {
  if (!counts(now)) return;
  Open* const open = holder(owners_.restored(block, now));
  if (open == nullptr) return;
  if (const auto recent = recent_.find(static_cast<std::uint32_t>(block.thread)); recent != recent_.end())
    recent->second.waiting.reset();
  Point& point = next_point(open->report, now.time_ns, How::released);
  ++point.blocks;
  point.bytes += block.size;
}

void OwnershipPass::infer(Open& open, const Block& old, Moment now) {
  Recent& recent = recent_[static_cast<std::uint32_t>(old.thread)];
  const std::uint64_t known = std::min<std::uint64_t>(recent.count, recent.births.size());
  for (std::uint64_t i = 1; i <= known; ++i) {
    const Block& candidate = recent.births[(recent.count - i) % recent.births.size()];
    if (candidate.birth_event <= old.birth_event) break;
    if (takes_the_place(candidate, old)) return replace(open, candidate, now);
  }
  recent.waiting = {open.report.scope, old};
}

bool OwnershipPass::takes_the_place(const Block& candidate, const Block& old) {
  if (candidate.size <= old.size || owners_.has_owner(candidate)) return false;
  const Block* const live = owners_.around(candidate.address);
  if (live == nullptr || live->birth_event != candidate.birth_event) return false;
  const std::uint32_t one = sites_->of(candidate.stack), other = sites_->of(old.stack);
  const Location &made = (*sites_)[one].place, &replaced = (*sites_)[other].place;
  return made.function == replaced.function && made.module == replaced.module;
}

void OwnershipPass::replace(Open& open, const Block& block, Moment now) {
  Point& point = next_point(open.report, now.time_ns, How::replaced);
  ++point.blocks;
  point.bytes += block.size;
  owners_.guess(block, open.report.scope, open.last_read);
  ++variable_of(open).inferred;
  note_peak(open.report);
}

void OwnershipPass::other(const Event& event, Moment now) {
  if (!counts(now)) return;
  switch (event.kind) {
    case EventKind::scope_begin:
      return begin(event);
    case EventKind::scope_read:
      return read(event);
    case EventKind::owns:
      return reach(event);
    case EventKind::scope_end:
      return end(event);
    case EventKind::mark:
      return name_readings(event);
    default:
      return;
  }
}

void OwnershipPass::begin(const Event& event) {
  const Variable& told = tape_->variables()[event.reference];
  const auto [place, is_new] = by_place_.try_emplace({told.name, told.type, told.file, told.line},
                                                     static_cast<std::uint32_t>(variables_.size()));
  if (is_new) {
    variables_.push_back({.name = told.name, .type = told.type, .file = told.file, .line = told.line});
    variables_.back().size = event.size;
  }
  ++variables_[place->second].scopes;
  recent_[static_cast<std::uint32_t>(event.thread)];
  Open& open = open_[event.scope] = {};
  open.variable = place->second;
  open.thread = event.thread;
  open.last_read = owners_.begin_reading();
  open.report.scope = event.scope;
  open.report.address = event.address;
  open.report.thread = tape_->threads()[static_cast<std::size_t>(event.thread)].name;
  open.report.begin_ns = event.time_ns;
  open.report.history.push_back({.time_ns = event.time_ns, .how = How::tracked});
}

void OwnershipPass::read(const Event& event) {
  Open* const open = find(event.scope);
  if (open == nullptr) return;
  close_reading(*open);
  open->last_read = owners_.begin_reading();
  open->births_at_read = recent_[static_cast<std::uint32_t>(open->thread)].count;
  // The first reading is part of the variable's being tracked.
  Point& point = open->was_read ? next_point(open->report, event.time_ns, How::read) : open->report.history[0];
  open->was_read = true;
  point.blocks = point.bytes = point.use_count = 0;
}

void OwnershipPass::reach(const Event& event) {
  Open* const open = find(event.scope);
  if (open == nullptr) return;
  Scope& scope = open->report;
  Point& point = scope.history.back();
  point.use_count = std::max(point.use_count, event.size);
  scope.max_use_count = std::max(scope.max_use_count, event.size);
  const Owners::Reached reached = owners_.reach(event.address, scope.scope, open->last_read);
  const Block* const block = reached.block;
  if (block == nullptr) return;
  if (reached.confirms) ++variable_of(*open).confirmed;
  if (reached.owner != scope.scope) {
    VariablesReport::Shared& shared = open->shared[reached.owner];
    const Open* const other = find(reached.owner);
    if (!open->shared_blocks.insert(block->birth_event).second) return;
    shared.owner = other == nullptr ? "" : variable_of(*other).name;
    shared.owner_scope = reached.owner;
    ++shared.blocks;
    shared.bytes += block->size;
    return;
  }
  if (reached.is_first) {
    ++scope.blocks;
    scope.bytes += block->size;
  }
  if (reached.is_repeated) return;
  ++point.blocks;
  point.bytes += block->size;
  note_peak(scope);
}

void OwnershipPass::close_reading(Open& open) {
  std::vector<VariablesReport::Shared>& all = open.report.shared;
  for (auto& [owner, shared] : open.shared) {
    const auto known =
        std::find_if(all.begin(), all.end(), [scope = owner](const auto& one) { return one.owner_scope == scope; });
    if (known == all.end()) {
      if (all.size() < VariablesReport::kMostShared) all.push_back(std::move(shared));
    } else if (shared.bytes > known->bytes) {
      *known = std::move(shared);
    }
  }
  open.shared.clear();
  open.shared_blocks.clear();
}

bool OwnershipPass::is_fresh(const Open& open) const {
  return open.report.history.back().how == How::read &&
         open.births_at_read == recent_.at(static_cast<std::uint32_t>(open.thread)).count;
}

// A mark is told behind the readings that it makes its thread take, as the end of a scope is.
void OwnershipPass::name_readings(const Event& mark) {
  for (auto& [scope, open] : open_) {
    if (open.thread != mark.thread || !is_fresh(open)) continue;
    open.report.history.back().how = How::mark;
    open.report.history.back().mark = tape_->texts()[mark.reference];
  }
}

void OwnershipPass::end(const Event& event) {
  Open* const open = find(event.scope);
  if (open == nullptr) return;
  if (is_fresh(*open)) open->report.history.back().how = How::scope_end;
  open->report.end_ns = event.time_ns;
  fold(*open);
  open_.erase(event.scope);
}

void OwnershipPass::fold(Open& open) {
  close_reading(open);
  VariablesReport::Variable& variable = variable_of(open);
  const Scope& scope = open.report;
  variable.blocks += scope.blocks;
  variable.bytes += scope.bytes;
  variable.max_use_count = std::max(variable.max_use_count, scope.max_use_count);
  if (scope.peak_bytes > variable.peak_bytes) {
    variable.peak_bytes = scope.peak_bytes;
    variable.peak_blocks = scope.peak_blocks;
  }
  if (!scope.end_ns) ++variable.open;
  if (variable.details.size() < VariablesReport::kMostScopes) variable.details.push_back(std::move(open.report));
}

OwnershipPass::Open* OwnershipPass::holder(const std::optional<Owners::Owner>& owner) {
  Open* const open = owner ? find(owner->scope) : nullptr;
  return open != nullptr && owner->reading == open->last_read ? open : nullptr;
}

OwnershipPass::Open* OwnershipPass::find(std::uint32_t scope) {
  const auto found = open_.find(scope);
  return found == open_.end() ? nullptr : &found->second;
}

std::vector<VariablesReport::Variable> OwnershipPass::take() {
  begin_range();
  std::vector<std::uint32_t> rest;
  for (const auto& [scope, open] : open_) rest.push_back(scope);
  std::sort(rest.begin(), rest.end());
  for (const std::uint32_t scope : rest) fold(open_.at(scope));
  open_.clear();
  for (VariablesReport::Variable& variable : variables_)
    std::sort(variable.details.begin(), variable.details.end(), [](const Scope& a, const Scope& b) {
      return a.begin_ns != b.begin_ns ? a.begin_ns < b.begin_ns : a.scope < b.scope;
    });
  std::erase_if(variables_, [](const VariablesReport::Variable& variable) { return variable.scopes == 0; });
  return std::move(variables_);
}

}  // namespace heaptape
