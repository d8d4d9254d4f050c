// heaptape check TAPE… : whether runs keep to a budget and to a baseline.
#include "analyzer/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "analyzer/diff.h"
#include "analyzer/json_check.h"
#include "cli/check_text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/view.h"

namespace heaptape::cli {
namespace check_command {
namespace {

struct Options {
  std::vector<std::string> tapes, baseline;
  std::string budget, json, junit, markdown;
  std::vector<std::string> tolerance;
  CheckOptions check;
  bool force = false;
};

constexpr std::uintmax_t kLargestBudget = 1 << 20;

std::string budget_text(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) throw Failure(kWrongUse, fmt::format("can't read the budget '{}': {}", path, error.message()));
  if (bytes > kLargestBudget) throw Failure(kWrongUse, fmt::format("'{}' is too large for a budget", path));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw Failure(kWrongUse, fmt::format("can't read the budget '{}'", path));
  return text.str();
}

// Without a baseline whatever has none would pass.
void require_limits(const Budget& budget, const std::string& path) {
  for (std::size_t i = 0; i < budget.ranges.size(); ++i) {
    const bool any =
        std::any_of(budget.limits.begin(), budget.limits.end(), [&](const Limit& l) { return l.range == i; });
    if (any) continue;
    const BudgetRange& range = budget.ranges[i];
    throw Failure(kWrongUse, fmt::format("{}: range '{}' sets no limit, and there is no --baseline to compare it with",
                                         range.place, range.name));
  }
  if (budget.limits.empty())
    throw Failure(kWrongUse, fmt::format("{} sets no limit; see 'heaptape check --help'", path));
}

Budget budget_of(const Options& options) {
  Budget budget;
  try {
    if (!options.budget.empty()) {
      budget = parse_budget(budget_text(options.budget), options.budget);
      if (options.baseline.empty()) require_limits(budget, options.budget);
    }
    for (const std::string& words : options.tolerance) budget.tolerances.take(words);
  } catch (const BudgetError& error) {
    throw Failure(kWrongUse, error.what());
  }
  return budget;
}

void write_file(const std::string& path, const std::string& text, bool force) {
  if (!path.empty()) write_output(path, text, force);
}

CheckReport checked(const Options& options, const Budget& budget, const std::vector<TapeReader>& tapes,
                    const std::vector<TapeReader>& baseline) {
  try {
    return check(tapes, budget, baseline, options.check);
  } catch (const DifferentPrograms& error) {
    throw Failure(kWrongUse, error.what());
  } catch (const CheckError& error) {
    throw Failure(kWrongUse, error.what());
  }
}

bool tell_damaged_tapes(const CheckReport& report, const std::vector<TapeReader>& tapes) {
  bool any = false;
  for (std::size_t i = 0; i < tapes.size(); ++i) any |= tell_damage(tapes[i], report.tapes[i].caveats);
  for (const Caveat& caveat : report.caveats) {
    if (caveat.reason != "damaged") continue;
    complain(caveat.sentence);
    any = true;
  }
  return any;
}

void run(Options options, bool layer_given) {
  if (options.budget.empty() && options.baseline.empty())
    throw Failure(kWrongUse, "there is nothing to check against; give --budget, --baseline or both");
  if (layer_given && options.baseline.empty())
    throw Failure(kWrongUse, "--layer is that of a baseline's figures; a budget names layers itself, as [layer.all]");
  for (const std::string& path : {options.json, options.junit, options.markdown})
    if (!path.empty()) require_no_file(path, options.force);
  const Budget budget = budget_of(options);
  options.check.today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const std::vector<TapeReader> tapes = opened(options.tapes), baseline = opened(options.baseline);
  const CheckReport report = checked(options, budget, tapes, baseline);
  put(check_text(report, standard_output()));
  write_file(options.json, to_text(to_json(report)), options.force);
  write_file(options.junit, check_junit(report), options.force);
  write_file(options.markdown, check_markdown(report), options.force);
  if (tell_damaged_tapes(report, tapes)) throw Exit{kBadTape};
  if (report.verdict() == CheckReport::Verdict::exceeded) throw Exit{kExceeded};
  if (report.verdict() == CheckReport::Verdict::unknown) throw Exit{kInexact};
}

}  // namespace
}  // namespace check_command

void add_check(Arguments& heaptape) {
  using namespace check_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("check", "Whether runs keep to a budget and to a baseline, for CI");
  command.texts("tape", "TAPE", options->tapes, "The tapes to check, each by itself; before --baseline",
                Arguments::Need::required);
  command.text("--budget", "FILE", options->budget, "Limits in TOML, as README shows them");
  command.texts("--baseline", "BASE", options->baseline,
                "One or several tapes of runs that were fine, such as 'heaptape pack --keep sites' makes them");
  command.texts(
      "--tolerance", "learnt|PERCENT|FIGURE=AMOUNT", options->tolerance,
      "How much more than the baseline is no fault: learnt (what its runs differ by, default), 5%, peak=64KiB");
  add_layer(command, options->check.layer);
  command.text("--json", "FILE", options->json, "Write JSON there, as analyzer/JSON.md describes it");
  command.text("--junit", "FILE", options->junit, "Write JUnit's XML there, for a CI server");
  command.text("--markdown", "FILE", options->markdown, "Write Markdown there, for a pull request");
  command.flag("--any-program", options->check.any_program, "The baseline may be of another program");
  command.flag("--force", options->force, "Replace these files if they exist");
  add_symbol_sources(command, options->check.symbols);
  command.on_run([options, &command] { run(*options, command.was_given("--layer")); });
}

}  // namespace heaptape::cli
