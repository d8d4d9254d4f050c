#include "analyzer/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "analyzer/caveats.h"
#include "analyzer/checked_tape.h"
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

using BaselineRuns = std::vector<std::unique_ptr<CheckedTape>>;

BaselineRuns opened_baseline(std::span<const TapeReader> tapes, const Budget& budget, std::span<const Allowance> active,
                             const CheckOptions& options) {
  BaselineRuns runs;
  for (const TapeReader& tape : tapes)
    runs.push_back(std::make_unique<CheckedTape>(tape, budget.ranges, active, options.symbols));
  return runs;
}

// A part of the run that all runs of the baseline have, and what it cost there.
struct Baseline {
  CheckedTape::Range range;
  Layer layer = Layer::program;
  std::map<Figure, Spread> spreads;
};

Baseline baseline_of(const BaselineRuns& runs, CheckedTape::Range range, Layer layer) {
  Baseline baseline{range, layer, {}};
  for (const Figure figure : kOfBaseline) {
    std::vector<std::uint64_t> values;
    for (const auto& run : runs) {
      std::string no_name;
      const CheckedPart::Value value = run->part(range, layer).value(figure, no_name);
      values.push_back(value.all - value.allowed);
    }
    baseline.spreads[figure] = spread_of(std::move(values));
  }
  return baseline;
}

bool has_limits(const Budget& budget, std::size_t range) {
  return std::any_of(budget.limits.begin(), budget.limits.end(),
                     [&](const Limit& limit) { return limit.range == range; });
}

// A baseline may lack a range: an aggregate has none. Where the range has limits these are judged all the same.
std::vector<Baseline> baselines_of(const BaselineRuns& runs, const Budget& budget, Layer layer,
                                   std::vector<Caveat>& caveats) {
  std::vector<Baseline> baselines;
  if (runs.empty()) return baselines;
  baselines.push_back(baseline_of(runs, std::nullopt, layer));
  for (std::size_t i = 0; i < budget.ranges.size(); ++i) {
    try {
      baselines.push_back(baseline_of(runs, i, budget.ranges[i].layer));
    } catch (const NoSuchRange& error) {
      if (!has_limits(budget, i)) throw;
      caveats.push_back({"range", 1, fmt::format("{}; there it is compared with no baseline", error.what())});
    }
  }
  for (const auto& run : runs) add_shortcomings(caveats, run->tape().path(), run->caveats());
  return baselines;
}

class Judge {
 public:
  Judge(CheckedTape& tape, const Budget& budget, const BaselineRuns& runs, const CheckOptions& options)
      : tape_(&tape), budget_(&budget), runs_(&runs), options_(&options) {
    judged_.path = tape.tape().path();
    judged_.program = program_of(tape.tape());
    judged_.command = command_of(tape.tape());
  }

  void judge(const Limit& limit) {
    CheckReport::Item item{.limit = limit, .range = name_of_range(limit.range)};
    CheckedPart& part = tape_->part(limit.range, limit.layer);
    const CheckedPart::Value value = part.value(limit.figure, item.limit.name);
    settle(item, value, value.why_unknown);
    if (item.verdict == Verdict::exceeded) item.sites = part.sites(limit.figure, item.limit.name, kShares);
    if (item.why.empty()) item.why = value.remark;
    judged_.items.push_back(std::move(item));
  }

  void judge(const Baseline& baseline) {
    const bool exact = std::all_of(runs_->begin(), runs_->end(),
                                   [&](const auto& run) { return is_exact(run->tape(), baseline.layer); });
    for (const auto& [figure, spread] : baseline.spreads) {
      const Limit limit{baseline.range, baseline.layer, figure, "", limit_of(spread, budget_->tolerances.of(figure))};
      CheckReport::Item item{.limit = limit, .range = name_of_range(limit.range), .baseline = spread};
      settle(item, tape_->part(limit.range, limit.layer).value(figure, item.limit.name),
             exact ? "" : "the baseline is cut, lossy or sampled");
      if (item.verdict == Verdict::exceeded) item.sites = grown(limit);
      judged_.items.push_back(std::move(item));
    }
  }

  CheckReport::Tape take() {
    for (std::size_t i = 0; i < budget_->ranges.size(); ++i)
      judged_.ranges.push_back({name_of_range(i), tape_->part(i, budget_->ranges[i].layer).selection()});
    judged_.caveats = tape_->caveats();
    return std::move(judged_);
  }

 private:
  std::string name_of_range(CheckedTape::Range range) const { return range ? budget_->ranges[*range].name : ""; }

  void settle(CheckReport::Item& item, const CheckedPart::Value& value, const std::string& why_unknown) {
    const Limit& limit = item.limit;
    item.value = value.all;
    item.allowed = value.allowed;
    const bool exact = is_exact(tape_->tape(), limit.layer) && !tape_->part(limit.range, limit.layer).is_damaged();
    judged_.exact = judged_.exact && exact;
    if (item.judged() > limit.most) {
      item.verdict = Verdict::exceeded;
    } else if (!exact || !why_unknown.empty()) {
      item.verdict = Verdict::unknown;
      item.why = exact ? why_unknown : "the tape is cut, lossy or sampled: the true figure may be higher";
    }
  }

  // Towards the baseline, what grew most.
  std::vector<CheckReport::Share> grown(const Limit& limit) {
    const Cost cost = cost_behind(limit.figure);
    std::vector<RunFigures*> base;
    for (const auto& run : *runs_) base.push_back(&run->part(limit.range, limit.layer).run());
    RunFigures* const now = &tape_->part(limit.range, limit.layer).run();
    const DiffReport report =
        diff(base, {&now, 1}, {.layer = limit.layer, .cost = cost, .any_program = options_->any_program});
    std::vector<CheckReport::Share> shares;
    for (const DiffReport::Site& site : report.sites) {
      const Change& change = site.of(cost);
      if (change.now.median <= change.base.median) continue;
      if (shares.size() == kShares) break;
      shares.push_back({site.label, site.detail, change.now.median, change.base.median});
    }
    return shares;
  }

  CheckedTape* tape_;
  const Budget* budget_;
  const BaselineRuns* runs_;
  const CheckOptions* options_;
  CheckReport::Tape judged_;
};

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
  const BaselineRuns runs = opened_baseline(baseline, budget, active, options);
  const std::vector<Baseline> baselines = baselines_of(runs, budget, options.layer, report.caveats);
  std::vector<bool> met(active.size());
  for (const TapeReader& tape : tapes) {
    CheckedTape read(tape, budget.ranges, active, options.symbols);
    Judge judge(read, budget, runs, options);
    for (const Limit& limit : budget.limits) judge.judge(limit);
    for (const Baseline& one : baselines) judge.judge(one);
    report.tapes.push_back(judge.take());
    const std::vector<bool> here = read.allowances_met();
    for (std::size_t i = 0; i < met.size(); ++i) met[i] = met[i] || here[i];
  }
  std::size_t next = 0;
  for (CheckReport::Allowed& allowed : report.allowances)
    if (!allowed.expired) allowed.used = met[next++];
  return report;
}

}  // namespace heaptape
