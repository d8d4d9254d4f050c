#include "analyzer/checked_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "analyzer/site_key.h"

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
                         std::span<const Allowance> allowances)
    : tape_(&tape),
      selection_(std::move(selection)),
      range_(std::move(range)),
      symbols_(&symbols),
      allowances_(allowances),
      growth_(tape, selection_),
      run_(tape, selection_, symbols, {&growth_}),
      is_met_(allowances.size()) {
  for (const Allowance& allowance : allowances) stacks_of(allowance.function);
  for (std::size_t i = 0; i < allowances.size(); ++i) {
    const Stacks& stacks = stacks_of(allowances[i].function);
    is_met_[i] = std::find(stacks.begin(), stacks.end(), true) != stacks.end();
  }
  const std::vector<Caveat> caveats = run_.caveats();
  is_damaged_ =
      std::any_of(caveats.begin(), caveats.end(), [](const Caveat& caveat) { return caveat.reason == "damaged"; });
}

// A frame comes after its caller, as a tape defines them.
const CheckedPart::Stacks& CheckedPart::stacks_of(const std::string& function) {
  const auto [found, is_new] = by_function_.try_emplace(function);
  Stacks& has = found->second;
  if (!is_new) return has;
  const std::vector<Frame>& frames = tape_->frames();
  has.resize(frames.size());
  std::unordered_map<std::string, bool> known;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    bool in = has[static_cast<std::size_t>(frames[i].parent)];
    if (!in) {  // else its own name does not matter
      for (const Location& location : run_.locations(frames[i])) {
        const auto [name, is_new_name] = known.try_emplace(location.function);
        if (is_new_name) name->second = is_function(function, location.function);
        in = in || name->second;
      }
    }
    has[i] = in;
  }
  return has;
}

bool CheckedPart::is_allowed(std::size_t stack, Figure figure) {
  return std::any_of(allowances_.begin(), allowances_.end(), [&](const Allowance& allowance) {
    return allowance.is_for(figure, range_) && stacks_of(allowance.function)[stack];
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
  const Stacks* within = figure == Figure::allocations_in ? &stacks_of(name) : nullptr;
  Value value;
  for (std::size_t i = 0; i < run_.stacks().size(); ++i) {
    const std::uint64_t cost = cost_of(i, figure);
    if (cost == 0 || (within != nullptr && !(*within)[i])) continue;
    value.all += cost;
    if (is_allowed(i, figure)) value.allowed += cost;
  }
  if (within == nullptr || std::find(within->begin(), within->end(), true) != within->end()) return value;
  if (has_nameless_frames())
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

bool CheckedPart::has_nameless_frames() {
  if (has_nameless_) return *has_nameless_;
  const std::vector<Frame>& frames = tape_->frames();
  has_nameless_ = std::any_of(frames.begin() + (frames.empty() ? 0 : 1), frames.end(), [&](const Frame& frame) {
    const auto module = static_cast<std::size_t>(frame.module);
    if (module < tape_->modules().size() && tape_->modules()[module].is_system) return false;
    return is_nameless(run_.locations(frame)[0].function);
  });
  return *has_nameless_;
}

std::vector<CheckReport::Share> CheckedPart::sites(Figure figure, const std::string& name, std::size_t most) {
  if (figure == Figure::growth_per_mark) return grown_sites(name, most);
  const Stacks* within = figure == Figure::allocations_in ? &stacks_of(name) : nullptr;
  std::map<std::string, CheckReport::Share> shares;
  for (std::size_t i = 0; i < run_.stacks().size(); ++i) {
    const std::uint64_t cost = cost_of(i, figure);
    if (cost == 0 || (within != nullptr && !(*within)[i]) || is_allowed(i, figure)) continue;
    share_of_site(shares, run_.site_of(static_cast<StackId>(i))).now += cost;
  }
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
