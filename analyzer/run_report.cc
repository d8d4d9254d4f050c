#include "analyzer/run_report.h"

#include <algorithm>
#include <unordered_map>

#include "analyzer/account.h"
#include "analyzer/birth_buckets.h"
#include "analyzer/caveats.h"
#include "analyzer/distinct_peaks.h"
#include "analyzer/growth.h"
#include "analyzer/life_cells.h"
#include "analyzer/marks_pass.h"
#include "analyzer/measured_reports.h"
#include "analyzer/ownership.h"
#include "analyzer/path_tree.h"

namespace heaptape {
namespace {

constexpr std::size_t kBuckets = 96;
constexpr std::size_t kStepsPerBucket = 8;  // 768 steps: more than the timeline has pixels on most screens
constexpr std::size_t kOtherPeaks = 10;
constexpr std::size_t kDeepestPath = 1024;  // a recorder keeps half of it

using Direction = TreeReport::Direction;

bool is_empty(const Costs& costs) { return costs.count == 0 && costs.peak_blocks == 0 && costs.leaked_blocks == 0; }

// The stacks that cost anything, and which those are.
struct RunPaths {
  StackPaths paths;
  std::vector<std::uint32_t> index;  // in paths.stacks, by StackId, plus 1; 0: cost nothing
};

RunPaths paths_of(const TapeReader& tape, Symbols& symbols, Sites& sites, const Measured& measured,
                  const std::vector<BirthBucketsPass::Entry>& births) {
  RunPaths run;
  run.index.resize(measured.stacks.size());
  for (std::size_t i = 0; i < measured.stacks.size(); ++i) {
    const auto id = static_cast<StackId>(i);
    if (is_empty(measured.stacks[i]) && measured.residue[i].leaked_blocks == 0) continue;
    StackPaths::Stack& stack = run.paths.add(call_path_of(tape, symbols, id, kDeepestPath));
    stack.self = measured.stacks[i];
    stack.site_number = sites.of(id);
    run.index[i] = static_cast<std::uint32_t>(run.paths.stacks.size());
  }
  for (const BirthBucketsPass::Entry& entry : births)
    if (run.index[entry.stack] != 0) run.paths.stacks[run.index[entry.stack] - 1].births.push_back(entry);
  return run;
}

// Numbers of groups: twice a node's number in the tree, and one more for its residue.
std::vector<std::uint32_t> groups_of(const RunPaths& run, const std::vector<std::uint32_t>& node_of,
                                     const std::vector<std::uint8_t>& is_residue) {
  std::vector<std::uint32_t> groups;
  for (std::size_t i = 0; i < run.index.size(); ++i)
    groups.push_back(run.index[i] == 0 ? 0 : node_of[run.index[i] - 1] * 2 + (is_residue[i] ? 1 : 0));
  return groups;
}

void put_cells(FoldedTree& tree, std::vector<std::vector<LifeCell>> cells) {
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    tree.nodes[i].cells = std::move(cells[2 * i]);
    tree.nodes[i].residue_cells = std::move(cells[2 * i + 1]);
  }
}

void limit_cells(FoldedTree& tree, std::size_t limit) {
  // Folded nodes come on top of those that are asked for.
  const auto is_kept = [](const FoldedTree::Node& node) { return node.kind != FoldedTree::Kind::folded; };
  auto kept = static_cast<std::size_t>(std::count_if(tree.nodes.begin(), tree.nodes.end(), is_kept));
  while (tree.cells() > limit && kept > 1) tree = folded(tree, kept = kept * 2 / 3);
}

std::vector<RunReport::Leak> leaks_by_site(const CostsByStack& stacks, Sites& sites, GrowthPass* growth) {
  std::vector<RunReport::Leak> rows;
  std::unordered_map<std::uint32_t, std::size_t> row_of;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    if (stacks[i].leaked_blocks == 0) continue;
    const std::uint32_t site = sites.of(static_cast<StackId>(i));
    const auto [known, is_new] = row_of.try_emplace(site, rows.size());
    if (is_new) {
      rows.push_back({.label = sites[site].label, .detail = sites[site].detail});
      if (growth != nullptr) {
        rows.back().levels = growth->levels(site);
        rows.back().growth = growth_of(rows.back().levels, growth->before(site));
      }
    }
    rows[known->second].bytes += stacks[i].leaked;
    rows[known->second].blocks += stacks[i].leaked_blocks;
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return rows;
}

void add_leaks(RunReport& report, const TapeReader& tape, const Measured& measured, Sites& sites, GrowthPass& growth) {
  GrowthPass* const known = growth.has_steps() ? &growth : nullptr;
  report.leaks = leaks_by_site(measured.stacks, sites, known);
  report.residue = leaks_by_site(measured.residue, sites, known);
  for (const Costs& costs : measured.stacks) report.leaked += costs;
  for (const Costs& costs : measured.residue) report.kept += costs;
  report.ended = tape.ending().kind == EndKind::exited || tape.ending().kind == EndKind::execed;
  report.exact = report.ended && measured.unread.empty() && is_exact(tape, report.summary.layer);
}

// The first bucket that begins behind what the tape has as an aggregate only.
std::size_t first_bucket_of(const TapeReader& tape, const TimeBuckets& buckets) {
  if (tape.opening().events == 0) return 0;
  std::size_t first = 0;
  while (first < buckets.size() && buckets.borders()[first] <= tape.opening().time_ns) ++first;
  return first;
}

}  // namespace

RunReport run_report(const TapeReader& tape, Layer layer, Symbols& symbols, const ReportLimits& limits) {
  RunReport report;
  const Selection selection(tape, layer);
  Sites sites(tape, symbols);
  const Selection shown = selection.without_quiet_end(tape);
  const std::uint64_t duration = shown.end_ns();
  const TimeBuckets buckets(duration, kBuckets);
  report.borders = buckets.borders();
  report.first_bucket = first_bucket_of(tape, buckets);

  CurvePass curve(selection.membership(), duration, buckets.size() * kStepsPerBucket);
  CurvePass fine_curve(selection.membership(), duration_of(tape), kPeakSteps);
  MarksPass marks(tape);
  GrowthPass growth(tape, selection, sites);
  Window growth_window(selection, growth);
  BirthBucketsPass births(selection.membership(), buckets, tape.frames().size());
  OwnershipPass ownership(tape, sites);
  std::vector<Pass*> beside{&curve, &fine_curve, &marks, &growth_window, &births};
  if (tape.variable_count() != 0) beside.push_back(&ownership);
  const Measured measured = measure(tape, selection, sites, beside);
  growth_window.finish();

  report.summary = summary(tape, layer);
  report.variables = ownership.take();
  report.timeline = begun_report<TimelineReport>(tape, shown);
  report.timeline.duration_ns = duration;
  report.curve = curve.take_steps();
  take_steps(report.timeline, report.curve);
  fill_timeline(report.timeline, tape, shown, measured, std::move(marks.marks), sites,
                buckets.size() * kStepsPerBucket);
  report.others = distinct_peaks(fine_curve.take_steps(), kOtherPeaks + 1);
  if (!report.others.empty()) report.others.erase(report.others.begin());
  add_leaks(report, tape, measured, sites, growth);

  std::vector<std::uint8_t> is_residue;
  for (std::size_t i = 0; i < measured.stacks.size(); ++i)
    is_residue.push_back(!is_empty(measured.stacks[i]) && sites.is_residue(static_cast<StackId>(i)) ? 1 : 0);
  const RunPaths run = paths_of(tape, symbols, sites, measured, births.entries());
  report.sites = sites.size();
  FunctionNumbers functions;
  std::vector<std::uint32_t> numbers;
  for (const CallStep& step : run.paths.known) numbers.push_back(functions.of(*step.location));
  std::vector<std::uint32_t> down, up;  // the node of each stack
  report.callees = cut_tree(run.paths, numbers, Direction::callees, nullptr, limits.nodes, down);
  report.callers = cut_tree(run.paths, numbers, Direction::callers, &sites, limits.nodes, up);
  const std::vector<std::uint32_t> down_groups = groups_of(run, down, is_residue);
  const std::vector<std::uint32_t> up_groups = groups_of(run, up, is_residue);
  LifeCellsPass down_cells(selection.membership(), buckets, down_groups, report.callees.nodes.size() * 2);
  LifeCellsPass up_cells(selection.membership(), buckets, up_groups, report.callers.nodes.size() * 2);
  Pass* const passes[] = {&down_cells, &up_cells};
  static_cast<void>(replay(tape, passes));  // what is damaged is known
  put_cells(report.callees, down_cells.take_cells());
  put_cells(report.callers, up_cells.take_cells());
  for (FoldedTree* tree : {&report.callees, &report.callers}) {
    limit_cells(*tree, limits.cells);
    tree->nodes[0].label = report.summary.program;
  }

  report.lifetimes = lifetimes_in_parts(tape, selection, buckets, symbols);
  report.caveats = caveats_of(tape, measured.unread, symbols);
  add_growth_caveat(report.caveats, tape, growth);
  return report;
}

}  // namespace heaptape
