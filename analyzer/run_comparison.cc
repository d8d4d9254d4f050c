#include <algorithm>
#include <deque>
#include <map>
#include <span>
#include <utility>

#include "analyzer/path_tree.h"
#include "analyzer/readable.h"
#include "analyzer/run_figures.h"
#include "analyzer/run_report.h"

namespace heaptape {
namespace {

using Direction = TreeReport::Direction;
constexpr std::size_t kDeepestCompared = 1024;

// A function is the same in both runs if its name and its file's are, whatever build it is of. Addresses that nothing
// names are one of each module: they differ from build to build.
class ComparedFunctions {
 public:
  std::uint32_t of(const Location& location) {
    std::pair<std::string, std::string> key{location.function, std::string(base_name(location.file))};
    if (is_unnamed(location)) key = {"", std::string(base_name(location.module))};
    return numbers_.try_emplace(std::move(key), static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  // What stands for it.
  const Location& shown(const Location& location) {
    if (!is_unnamed(location)) return location;
    return unnamed_.try_emplace(location.module, Location{.function = "(no symbol)", .module = location.module})
        .first->second;
  }

 private:
  static bool is_unnamed(const Location& location) {
    return location.function.starts_with("0x") || location.function == "(no symbol)";
  }
  std::map<std::pair<std::string, std::string>, std::uint32_t> numbers_;
  std::map<std::string, Location> unnamed_;
};

void add_run(StackPaths& paths, const RunFigures& run, Symbols& symbols, ComparedFunctions& functions, bool is_base) {
  for (std::size_t i = 0; i < run.stacks().size(); ++i) {
    const Costs& costs = run.stacks()[i];
    if (costs.count == 0 && costs.peak_blocks == 0) continue;
    std::vector<CallStep> path = call_path_of(run.tape(), symbols, static_cast<StackId>(i), kDeepestCompared);
    for (CallStep& step : path) step.location = &functions.shown(*step.location);
    StackPaths::Stack& stack = paths.add(path);
    (is_base ? stack.base : stack.self) = costs;
  }
}

// Of an even number the lower one.
std::size_t with_median_peak(const std::deque<RunFigures>& runs) {
  std::vector<std::pair<std::uint64_t, std::size_t>> peaks;
  for (const RunFigures& run : runs) peaks.emplace_back(run.totals().peak_bytes, peaks.size());
  std::sort(peaks.begin(), peaks.end());
  return peaks[(peaks.size() - 1) / 2].second;
}

}  // namespace

RunComparison compare_runs(std::span<const TapeReader> base, const TapeReader& now, const DiffOptions& options,
                           const SymbolSources& sources, Symbols& of_now, const ReportLimits& limits) {
  if (!options.any_program) require_one_program(base, {&now, 1});
  std::deque<Symbols> of_base;
  std::deque<RunFigures> before;
  std::vector<RunFigures*> base_side;
  for (const TapeReader& run : base)
    base_side.push_back(&before.emplace_back(run, Selection(run, options.layer), of_base.emplace_back(run, sources)));
  RunFigures after(now, Selection(now, options.layer), of_now);
  RunFigures* const now_side[] = {&after};
  RunComparison both;
  both.diff = diff(base_side, now_side, options);
  both.in_tree = with_median_peak(before);
  ComparedFunctions functions;
  StackPaths paths;
  // What is shown of a function is how it is called now.
  add_run(paths, after, of_now, functions, false);
  add_run(paths, before[both.in_tree], of_base[both.in_tree], functions, true);
  std::vector<std::uint32_t> numbers, node_of;
  for (const CallStep& step : paths.known) numbers.push_back(functions.of(*step.location));
  both.callees = cut_tree(paths, numbers, Direction::callees, nullptr, limits.nodes, node_of);
  both.callers = cut_tree(paths, numbers, Direction::callers, nullptr, limits.nodes, node_of);
  for (FoldedTree* tree : {&both.callees, &both.callers}) tree->nodes[0].label = both.diff.program;
  return both;
}

}  // namespace heaptape
