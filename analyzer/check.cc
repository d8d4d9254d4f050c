#include "analyzer/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "analyzer/caveats.h"
#include "analyzer/checked_layer.h"
#include "analyzer/diff.h"

namespace heaptape {
namespace {

using Verdict = CheckReport::Verdict;

constexpr std::array kOfBaseline = {Figure::peak, Figure::live_at_end, Figure::allocations, Figure::allocated,
                                    Figure::temporary};

Cost cost_behind(Figure figure) {
  switch (figure) {
    case Figure::peak:
      return Cost::peak;
    case Figure::allocated:
      return Cost::allocated;
    case Figure::temporary:
      return Cost::temporary;
    case Figure::allocations:
    case Figure::allocations_in:
      return Cost::count;
    default:
      return Cost::leaked;
  }
}

Verdict worse(Verdict a, Verdict b) {
  if (a == Verdict::exceeded || b == Verdict::exceeded) return Verdict::exceeded;
  return a == Verdict::unknown || b == Verdict::unknown ? Verdict::unknown : Verdict::met;
}

std::uint64_t limit_of(const Spread& baseline, const Tolerance& tolerance) {
  switch (tolerance.kind) {
    case Tolerance::Kind::learnt:
      return baseline.most();
    case Tolerance::Kind::absolute:
      return baseline.median + tolerance.absolute;
    case Tolerance::Kind::percent:
      break;
  }
  return baseline.median + static_cast<std::uint64_t>(static_cast<double>(baseline.median) * tolerance.percent / 100);
}

// One tape, with the layers that are asked for.
class Judge {
 public:
  Judge(const TapeReader& tape, std::span<const Allowance> active) : tape_(&tape), active_(active) {
    judged_.path = tape.path();
    judged_.program = program_of(tape);
    judged_.command = command_of(tape);
  }

  CheckedLayer& layer(Layer layer) {
    std::unique_ptr<CheckedLayer>& known = layers_[layer];
    if (!known) known = std::make_unique<CheckedLayer>(*tape_, layer, active_);
    return *known;
  }

  void judge(const Limit& limit) {
    CheckedLayer& figures = layer(limit.layer);
    CheckReport::Item item{.limit = limit};
    const CheckedLayer::Value value = figures.value(limit.figure, item.limit.name);
    item.value = value.all;
    item.allowed = value.allowed;
    settle(item, value.why_unknown);
    if (item.verdict == Verdict::exceeded) item.sites = figures.sites(limit.figure, item.limit.name, kShares);
    if (item.why.empty()) item.why = value.remark;
    judged_.items.push_back(std::move(item));
  }

  void judge(Figure figure, const Spread& baseline, const Tolerance& tolerance, std::span<const TapeReader> runs,
             const CheckOptions& options) {
    CheckReport::Item item{.limit = {options.layer, figure, "", limit_of(baseline, tolerance)}, .baseline = baseline};
    const CheckedLayer::Value value = layer(options.layer).value(figure, item.limit.name);
    item.value = value.all;
    item.allowed = value.allowed;
    const bool exact =
        std::all_of(runs.begin(), runs.end(), [&](const TapeReader& run) { return is_exact(run, options.layer); });
    settle(item, exact ? "" : "the baseline is cut, lossy or sampled");
    if (item.verdict == Verdict::exceeded) item.sites = grown(figure, runs, options);
    judged_.items.push_back(std::move(item));
  }

  CheckReport::Tape take() {
    judged_.caveats = layers_.empty() ? caveats_of(*tape_, {}) : layers_.begin()->second->caveats();
    return std::move(judged_);
  }
  std::vector<bool> allowances_met() {
    std::vector<bool> met(active_.size());
    for (auto& [layer, figures] : layers_)
      for (std::size_t i = 0; i < met.size(); ++i) met[i] = met[i] || figures->is_met(i);
    return met;
  }

 private:
  void settle(CheckReport::Item& item, const std::string& why_unknown) {
    const bool exact = is_exact(*tape_, item.limit.layer) && !layer(item.limit.layer).is_damaged();
    judged_.exact = judged_.exact && exact;
    if (item.judged() > item.limit.most) {
      item.verdict = Verdict::exceeded;
    } else if (!exact || !why_unknown.empty()) {
      item.verdict = Verdict::unknown;
      item.why = exact ? why_unknown : "the tape is cut, lossy or sampled: the true figure may be higher";
    }
  }

  // Towards the baseline, what grew most.
  std::vector<CheckReport::Share> grown(Figure figure, std::span<const TapeReader> runs, const CheckOptions& options) {
    const Cost cost = cost_behind(figure);
    const DiffReport report =
        diff(runs, {tape_, 1}, {.layer = options.layer, .cost = cost, .any_program = options.any_program});
    std::vector<CheckReport::Share> shares;
    for (const DiffReport::Site& site : report.sites) {
      const Change& change = site.of(cost);
      if (change.now.median <= change.base.median) continue;
      if (shares.size() == kShares) break;
      shares.push_back({site.label, site.detail, change.now.median, change.base.median});
    }
    return shares;
  }

  const TapeReader* tape_;
  std::span<const Allowance> active_;
  std::map<Layer, std::unique_ptr<CheckedLayer>> layers_;
  CheckReport::Tape judged_;
};

std::map<Figure, Spread> spreads_of(std::span<const TapeReader> baseline, std::span<const Allowance> active,
                                    const CheckOptions& options, std::vector<Caveat>& caveats) {
  std::map<Figure, std::vector<std::uint64_t>> values;
  for (const TapeReader& run : baseline) {
    CheckedLayer figures(run, options.layer, active);
    for (const Figure figure : kOfBaseline) {
      std::string no_name;
      const CheckedLayer::Value value = figures.value(figure, no_name);
      values[figure].push_back(value.all - value.allowed);
    }
    add_shortcomings(caveats, run.path(), figures.caveats());
  }
  std::map<Figure, Spread> spreads;
  for (auto& [figure, runs] : values) spreads[figure] = spread_of(std::move(runs));
  return spreads;
}

void require_program(std::span<const TapeReader> tapes, std::span<const TapeReader> baseline) {
  for (const TapeReader& run : baseline) {
    for (const TapeReader& tape : tapes) {
      if (program_of(tape) == program_of(run)) continue;
      throw DifferentPrograms(
          fmt::format("{} is of '{}', the baseline {} of '{}'; give --any-program to compare them "
                      "all the same",
                      tape.path(), program_of(tape), run.path(), program_of(run)));
    }
  }
}

}  // namespace

CheckReport::Verdict CheckReport::Tape::verdict() const {
  Verdict worst = Verdict::met;
  for (const Item& item : items) worst = worse(worst, item.verdict);
  return worst;
}

CheckReport::Verdict CheckReport::verdict() const {
  Verdict worst = Verdict::met;
  for (const Tape& tape : tapes) worst = worse(worst, tape.verdict());
  return worst;
}

const char* name_of(CheckReport::Verdict verdict) {
  switch (verdict) {
    case Verdict::met:
      return "ok";
    case Verdict::exceeded:
      return "exceeded";
    case Verdict::unknown:
      return "unknown";
  }
  return "";
}

CheckReport check(std::span<const TapeReader> tapes, const Budget& budget, std::span<const TapeReader> baseline,
                  const CheckOptions& options) {
  if (!options.any_program) require_program(tapes, baseline);
  CheckReport report;
  std::vector<Allowance> active;
  for (const Allowance& allowance : budget.allowances) {
    const bool expired = std::chrono::sys_days(options.today) > std::chrono::sys_days(allowance.until);
    report.allowances.push_back({allowance, expired});
    if (!expired) active.push_back(allowance);
  }
  const std::map<Figure, Spread> spreads = spreads_of(baseline, active, options, report.caveats);
  std::vector<bool> met(active.size());
  for (const TapeReader& tape : tapes) {
    Judge judge(tape, active);
    for (const Limit& limit : budget.limits) judge.judge(limit);
    for (const auto& [figure, spread] : spreads)
      judge.judge(figure, spread, budget.tolerances.of(figure), baseline, options);
    const std::vector<bool> here = judge.allowances_met();
    for (std::size_t i = 0; i < met.size(); ++i) met[i] = met[i] || here[i];
    report.tapes.push_back(judge.take());
  }
  std::size_t next = 0;
  for (CheckReport::Allowed& allowed : report.allowances)
    if (!allowed.expired) allowed.used = met[next++];
  return report;
}

}  // namespace heaptape
