#include "analyzer/checked_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace heaptape {
namespace {

std::vector<CheckReport::Share> largest(std::map<std::string, CheckReport::Share> by_label, std::size_t most) {
  std::vector<CheckReport::Share> shares;
  const auto weight = [](const CheckReport::Share& share) {
    const std::uint64_t before = share.before.value_or(0);
    return share.now > before ? share.now - before : 0;
  };
  for (auto& [label, share] : by_label)
    if (weight(share) != 0) shares.push_back(std::move(share));
  std::stable_sort(shares.begin(), shares.end(),
                   [&](const CheckReport::Share& a, const CheckReport::Share& b) { return weight(a) > weight(b); });
  if (shares.size() > most) shares.resize(most);
  return shares;
}

CheckReport::Share& share_of_site(std::map<std::string, CheckReport::Share>& shares, const Site& site) {
  CheckReport::Share& share = shares[label_of(site)];
  share.label = site.label;
  share.detail = site.detail;
  return share;
}

}  // namespace

CheckedPart::CheckedPart(const TapeReader& tape, Selection selection, std::string range, Symbols& symbols,
                         FunctionStacks& functions, std::span<const Allowance> allowances)
    : tape_(&tape),
      selection_(std::move(selection)),
      range_(std::move(range)),
      symbols_(&symbols),
      functions_(&functions),
      allowances_(allowances),
      growth_(tape, selection_),
      run_(tape, selection_, symbols, {&growth_}) {
  const std::vector<Caveat> caveats = run_.caveats();
  is_damaged_ =
      std::any_of(caveats.begin(), caveats.end(), [](const Caveat& caveat) { return caveat.reason == "damaged"; });
}

template <class Take>
void CheckedPart::for_each_cost(Figure figure, const std::string& name, const Take& take) {
  const FunctionStacks::Stacks* within = figure == Figure::allocations_in ? &functions_->with(name) : nullptr;
  for (std::size_t i = 0; i < run_.stacks().size(); ++i) {
    const std::uint64_t cost = cost_of(i, figure);
    if (cost == 0 || (within != nullptr && !(*within)[i])) continue;
    take(static_cast<StackId>(i), cost, is_allowed(i, figure));
  }
}

bool CheckedPart::is_allowed(std::size_t stack, Figure figure) {
  return std::any_of(allowances_.begin(), allowances_.end(), [&](const Allowance& allowance) {
    return allowance.is_for(figure, range_) && functions_->with(allowance.function)[stack];
  });
}

std::uint64_t CheckedPart::cost_of(std::size_t stack, Figure figure) const {
  const Costs& costs = run_.stacks()[stack];
  switch (figure) {
    case Figure::peak:
      return costs.peak;
    case Figure::live_at_end:
      return costs.leaked + run_.residues()[stack].leaked;
    case Figure::leaked:
      return costs.leaked;
    case Figure::allocations:
    case Figure::allocations_in:
      return costs.count;
    case Figure::allocated:
      return costs.allocated;
    case Figure::temporary:
      return costs.temporary;
    case Figure::growth_per_mark:
      break;
  }
  return 0;
}

CheckedPart::Value CheckedPart::value(Figure figure, std::string& name) {
  if (figure == Figure::growth_per_mark) return growth(name);
  Value value;
  for_each_cost(figure, name, [&](StackId, std::uint64_t cost, bool allowed) {
    value.all += cost;
    if (allowed) value.allowed += cost;
  });
  if (figure != Figure::allocations_in || functions_->is_on_tape(name)) return value;
  if (functions_->has_nameless_frames())
    value.why_unknown = "no such function is on the tape, but some of the program's frames have no names";
  else
    value.remark = "no such function is on the tape; is its name right?";
  return value;
}

// Of a mark in the aggregate it is not known what was live.
void CheckedPart::require_marks(const std::string& mark) const {
  if (selection_.report().from) return;  // behind the aggregate
  for (const OpeningMark& gone : tape_->opening().marks) {
    const std::string& name = tape_->texts()[static_cast<std::size_t>(gone.name)];
    if (!mark.empty() && name != mark) continue;
    throw CheckError(
        fmt::format("{}: growth_per_mark can't be told: a mark '{}' lies in the part of the run that the "
                    "tape keeps as an aggregate only",
                    tape_->path(), name));
  }
}

CheckedPart::Value CheckedPart::growth(std::string& mark) const {
  require_marks(mark);
  const std::string where = range_.empty() ? "the tape" : fmt::format("range '{}'", range_);
  if (!mark.empty()) {
    const auto found = growth_.growth().find(mark);
    if (found == growth_.growth().end())
      throw CheckError(fmt::format("{}: growth_per_mark: {} has no mark '{}'", tape_->path(), where, mark));
    if (found->second.marks < 2)
      throw CheckError(fmt::format("{}: growth_per_mark: {} has the mark '{}' only once", tape_->path(), where, mark));
    return {.all = found->second.per_mark()};
  }
  const MarkGrowthPass::Growth* most = nullptr;
  for (const auto& [name, growth] : growth_.growth()) {
    if (growth.marks < 2 || (most != nullptr && growth.per_mark() <= most->per_mark())) continue;
    most = &growth;
    mark = name;
  }
  if (most == nullptr) throw CheckError(fmt::format("{}: growth_per_mark: {} has no mark twice", tape_->path(), where));
  return {.all = most->per_mark()};
}

std::vector<CheckReport::Share> CheckedPart::sites(Figure figure, const std::string& name, std::size_t most) {
  if (figure == Figure::growth_per_mark) return grown_sites(name, most);
  std::map<std::string, CheckReport::Share> shares;
  for_each_cost(figure, name, [&](StackId stack, std::uint64_t cost, bool allowed) {
    if (!allowed) share_of_site(shares, run_.site_of(stack)).now += cost;
  });
  return largest(std::move(shares), most);
}

// What was live at the first of the marks, and at the last.
std::vector<CheckReport::Share> CheckedPart::grown_sites(const std::string& mark, std::size_t most) const {
  const MarkGrowthPass::Growth& growth = growth_.growth().at(mark);
  std::map<std::string, CheckReport::Share> shares;
  for (const bool first : {true, false}) {
    RunFigures part(*tape_, selection_.membership(), *symbols_, first ? growth.first_event : growth.last_event);
    for (std::size_t i = 0; i < part.stacks().size(); ++i) {
      const std::uint64_t live = part.stacks()[i].leaked + part.residues()[i].leaked;
      if (live == 0) continue;
      CheckReport::Share& share = share_of_site(shares, part.site_of(static_cast<StackId>(i)));
      if (!share.before) share.before = 0;
      (first ? *share.before : share.now) += live;
    }
  }
  return largest(std::move(shares), most);
}

}  // namespace heaptape
