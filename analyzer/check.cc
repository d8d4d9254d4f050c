#include "analyzer/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

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

// What is judged together, as it comes of one reading of each tape.
struct Part {
  CheckedTape::Range range;
  Layer layer = Layer::program;
  std::vector<std::size_t> limits;  // in the budget's list
  bool has_baseline = false;
};

// The whole run first.
std::vector<Part> parts_of(const Budget& budget, bool has_baseline, Layer layer) {
  std::map<std::pair<CheckedTape::Range, Layer>, Part> known;
  const auto part = [&](CheckedTape::Range range, Layer of) -> Part& {
    return known.try_emplace({range, of}, Part{range, of, {}, false}).first->second;
  };
  for (std::size_t i = 0; i < budget.limits.size(); ++i)
    part(budget.limits[i].range, budget.limits[i].layer).limits.push_back(i);
  if (has_baseline) {
    part(std::nullopt, layer).has_baseline = true;
    for (std::size_t i = 0; i < budget.ranges.size(); ++i) part(i, budget.ranges[i].layer).has_baseline = true;
  }
  std::vector<Part> parts;
  for (auto& [key, one] : known) parts.push_back(std::move(one));
  return parts;
}

// What a part cost in all runs of the baseline.
using Spreads = std::map<Figure, Spread>;

Spreads spreads_of(const BaselineRuns& runs, const Part& part) {
  std::map<Figure, std::vector<std::uint64_t>> values;
  for (const auto& run : runs) {
    const auto read = run->read(part.range, part.layer);
    for (const Figure figure : kOfBaseline) {
      std::string no_name;
      const CheckedPart::Value value = read->value(figure, no_name);
      values[figure].push_back(value.all - value.allowed);
    }
  }
  Spreads spreads;
  for (auto& [figure, of_runs] : values) spreads[figure] = spread_of(std::move(of_runs));
  return spreads;
}

// A baseline may lack a range: an aggregate has none. Where the range has limits these are judged all the same.
std::optional<Spreads> baseline_of(const BaselineRuns& runs, const Part& part, std::vector<Caveat>& caveats) {
  if (!part.has_baseline) return std::nullopt;
  try {
    return spreads_of(runs, part);
  } catch (const NoSuchRange& error) {
    if (part.limits.empty()) throw;
    caveats.push_back({"range", 1, fmt::format("{}; there it is compared with no baseline", error.what())});
    return std::nullopt;
  }
}

class Judge {
 public:
  // All must outlive this.
  Judge(const TapeReader& tape, const Budget& budget, std::span<const Allowance> allowances, const BaselineRuns& runs,
        const CheckOptions& options)
      : tape_(tape, budget.ranges, allowances, options.symbols),
        budget_(&budget),
        runs_(&runs),
        options_(&options),
        by_limit_(budget.limits.size()) {
    judged_.path = tape.path();
    judged_.program = program_of(tape);
    judged_.command = command_of(tape);
  }

  void judge(const Part& part, const std::optional<Spreads>& baseline) {
    const std::unique_ptr<CheckedPart> read = tape_.read(part.range, part.layer);
    for (const std::size_t limit : part.limits) judge(*read, limit);
    if (baseline) judge(*read, part, *baseline);
  }

  const std::vector<bool>& allowances_met() const { return tape_.allowances_met(); }
  // Call once, when all parts are judged.
  CheckReport::Tape take() {
    judged_.items = std::move(by_limit_);
    std::move(of_baseline_.begin(), of_baseline_.end(), std::back_inserter(judged_.items));
    for (std::size_t i = 0; i < budget_->ranges.size(); ++i)
      judged_.ranges.push_back({name_of_range(i), tape_.place_of(i)});
    judged_.caveats = tape_.caveats();
    return std::move(judged_);
  }

 private:
  void judge(CheckedPart& part, std::size_t index) {
    const Limit& limit = budget_->limits[index];
    CheckReport::Item& item = by_limit_[index] = {.limit = limit, .range = name_of_range(limit.range)};
    const CheckedPart::Value value = part.value(limit.figure, item.limit.name);
    settle(item, part, value, value.why_unknown);
    if (item.verdict == Verdict::exceeded) item.sites = part.sites(limit.figure, item.limit.name, kShares);
    if (item.why.empty()) item.why = value.remark;
  }

  void judge(CheckedPart& read, const Part& part, const Spreads& spreads) {
    const bool exact =
        std::all_of(runs_->begin(), runs_->end(), [&](const auto& run) { return is_exact(run->tape(), part.layer); });
    for (const auto& [figure, spread] : spreads) {
      const Limit limit{part.range, part.layer, figure, "", limit_of(spread, budget_->tolerances.of(figure))};
      CheckReport::Item item{.limit = limit, .range = name_of_range(limit.range), .baseline = spread};
      settle(item, read, read.value(figure, item.limit.name), exact ? "" : "the baseline is cut, lossy or sampled");
      of_baseline_.push_back(std::move(item));
    }
    add_grown(read, part);
  }

  std::string name_of_range(CheckedTape::Range range) const { return range ? budget_->ranges[*range].name : ""; }

  void settle(CheckReport::Item& item, const CheckedPart& part, const CheckedPart::Value& value,
              const std::string& why_unknown) {
    const Limit& limit = item.limit;
    item.value = value.all;
    item.allowed = value.allowed;
    const bool exact = is_exact(tape_.tape(), limit.layer) && !part.is_damaged();
    judged_.exact = judged_.exact && exact;
    if (item.judged() > limit.most) {
      item.verdict = Verdict::exceeded;
    } else if (!exact || !why_unknown.empty()) {
      item.verdict = Verdict::unknown;
      item.why = exact ? why_unknown : "the tape is cut, lossy or sampled: the true figure may be higher";
    }
  }

  // Where the part exceeds its baseline, that is read once more: its runs are not held for the sake of a part that
  // keeps to it.
  void add_grown(CheckedPart& read, const Part& part) {
    std::vector<std::unique_ptr<CheckedPart>> base;
    for (CheckReport::Item& item : of_baseline_) {
      if (item.limit.range != part.range || item.verdict != Verdict::exceeded) continue;
      if (base.empty())
        for (const auto& run : *runs_) base.push_back(run->read(part.range, part.layer));
      item.sites = grown(read, base, item.limit);
    }
  }

  // Towards the baseline, what grew most.
  std::vector<CheckReport::Share> grown(CheckedPart& read, std::span<const std::unique_ptr<CheckedPart>> runs,
                                        const Limit& limit) const {
    const Cost cost = cost_behind(limit.figure);
    std::vector<RunFigures*> base;
    for (const auto& run : runs) base.push_back(&run->run());
    RunFigures* const now = &read.run();
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

  CheckedTape tape_;
  const Budget* budget_;
  const BaselineRuns* runs_;
  const CheckOptions* options_;
  CheckReport::Tape judged_;
  std::vector<CheckReport::Item> by_limit_, of_baseline_;
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
  std::deque<Judge> judges;
  for (const TapeReader& tape : tapes) judges.emplace_back(tape, budget, active, runs, options);
  // Part by part, as figures of a large tape's stacks are large, and only those of one part are held.
  for (const Part& part : parts_of(budget, !runs.empty(), options.layer)) {
    const std::optional<Spreads> spreads = baseline_of(runs, part, report.caveats);
    for (Judge& judge : judges) judge.judge(part, spreads);
  }
  for (const auto& run : runs) add_shortcomings(report.caveats, run->tape().path(), run->caveats());
  std::vector<bool> met(active.size());
  for (Judge& judge : judges) {
    report.tapes.push_back(judge.take());
    for (std::size_t i = 0; i < met.size(); ++i) met[i] = met[i] || judge.allowances_met()[i];
  }
  std::size_t next = 0;
  for (CheckReport::Allowed& allowed : report.allowances)
    if (!allowed.expired) allowed.used = met[next++];
  return report;
}

}  // namespace heaptape
