#include "analyzer/lifespans.h"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

#include "analyzer/caveats.h"
#include "analyzer/group_curves.h"
#include "analyzer/ownership.h"
#include "analyzer/sites.h"

namespace heaptape {
namespace {

// 0, and from the clock's step on 1, 2, 5 times powers of ten, up to the length of the range.
std::vector<std::uint64_t> ages_of(std::uint64_t step, std::uint64_t length) {
  std::vector<std::uint64_t> ages{0};
  constexpr std::uint64_t kLast = 1'000'000'000'000'000'000;
  for (std::uint64_t decade = 1; decade < kLast; decade *= 10) {
    for (const std::uint64_t factor : {1, 2, 5}) {
      const std::uint64_t age = decade * factor;
      if (age >= step && age <= length) ages.push_back(age);
    }
  }
  return ages;
}

class AgesPass : public RangedPass {
 public:
  AgesPass(const Selection& selection, std::size_t columns, std::uint64_t clock_step)
      : selection_(&selection),
        length_(std::max<std::uint64_t>(selection.end_ns() - selection.begin_ns(), 1)),
        columns_(columns),
        ages_(ages_of(clock_step, length_)),
        parts_((ages_.size() + 1) * columns) {}

  void born(const Block& block, Moment) override { change(ages_.size(), block, 1); }
  void ended(const Block& block, Fate, Moment now) override {
    const std::size_t row = row_of(block, now);
    end(row, block, 1);
    const Event& event = events_[now.event - before_ - 1];
    if (event.kind == EventKind::release && event.function == Function::realloc)
      resizing_[static_cast<std::uint32_t>(event.thread)] = {block.birth_event, row};
  }
  // The realloc may have taken a while to fail: the row is the release's.
  void restored(const Block& block, Fate, Moment now) override {
    const auto found = resizing_.find(static_cast<std::uint32_t>(events_[now.event - before_ - 1].thread));
    const bool is_known = found != resizing_.end() && found->second.first == block.birth_event;
    end(is_known ? found->second.second : row_of(block, now), block, -1);
  }
  void coming(std::span<const Event> events, std::uint64_t before) override {
    events_ = events;
    before_ = before;
  }
  void range_begins() override {}

  void take(LifespansReport& report) const {
    report.columns = columns_;
    report.ages = ages_;
    for (const std::int64_t parts : parts_)
      report.blocks.push_back(whole(static_cast<WideCount>(std::max<std::int64_t>(parts, 0))));
    for (std::size_t row = 0; row <= ages_.size(); ++row)
      for (std::size_t column = 0; column < columns_; ++column) report.born += report.at(row, column);
    for (std::size_t column = 0; column < columns_; ++column) report.live += report.at(ages_.size(), column);
  }

 private:
  std::size_t row_of(const Block& block, Moment now) const {
    const std::uint64_t age = now.time_ns - std::min(now.time_ns, block.birth_ns);
    return static_cast<std::size_t>(std::upper_bound(ages_.begin(), ages_.end(), age) - ages_.begin()) - 1;
  }
  void end(std::size_t row, const Block& block, std::int64_t sign) {
    change(ages_.size(), block, -sign);
    change(row, block, sign);
  }
  void change(std::size_t row, const Block& block, std::int64_t sign) {
    if (block.birth_event <= selection_->begin()) return;
    const std::uint64_t since = block.birth_ns - std::min(block.birth_ns, selection_->begin_ns());
    const auto column = std::min(columns_ - 1, static_cast<std::size_t>(WideCount{since} * columns_ / length_));
    parts_[row * columns_ + column] += sign * static_cast<std::int64_t>(weigh(block).blocks);
  }

  const Selection* selection_;
  std::uint64_t length_;
  std::size_t columns_;
  std::vector<std::uint64_t> ages_;
  std::vector<std::int64_t> parts_;  // see Weight
  std::span<const Event> events_;    // at hand, and how many came before them
  std::uint64_t before_ = 0;
  // By thread: the block that its newest realloc released, and the row that this put it into.
  std::unordered_map<std::uint32_t, std::pair<std::uint64_t, std::size_t>> resizing_;
};

void take_variables(LifespansReport& report, std::vector<VariablesReport::Variable> variables) {
  for (VariablesReport::Variable& variable : variables) {
    report.all_variables += variable.scopes;
    for (VariablesReport::Scope& scope : variable.details) {
      const bool meets = scope.begin_ns <= report.end_ns && scope.end_ns.value_or(report.end_ns) >= report.begin_ns;
      if (meets) report.variables.push_back({variable.name, variable.file, std::move(scope)});
    }
  }
  std::stable_sort(report.variables.begin(), report.variables.end(), [](const auto& a, const auto& b) {
    return a.scope.begin_ns != b.scope.begin_ns ? a.scope.begin_ns < b.scope.begin_ns : a.scope.scope < b.scope.scope;
  });
}

}  // namespace

LifespansReport lifespans(const TapeReader& tape, const Selection& selection, std::size_t limit, std::size_t columns,
                          Symbols& symbols) {
  columns = std::max<std::size_t>(columns, 1);
  Sites sites(tape, symbols);
  GroupCurvesPass curves(
      selection, [&](StackId stack) { return sites.of(stack); }, columns);
  AgesPass ages(selection, columns, clock_step_of(tape));
  OwnershipPass ownership(tape, sites);
  Window curves_window(selection, curves), ages_window(selection, ages);
  std::vector<Pass*> passes{&curves_window, &ages_window};
  if (!tape.variables().empty()) passes.push_back(&ownership);
  const std::vector<Damage> unread = replay(tape, passes);
  curves_window.finish();
  ages_window.finish();
  curves.finish();

  auto report = begun_report<LifespansReport>(tape, selection);
  report.begin_ns = selection.begin_ns();
  report.end_ns = selection.end_ns();
  ages.take(report);
  const std::vector<GroupCurvesPass::Group> groups = curves.groups();
  report.all_sites = largest_groups(curves, groups.size()).size();
  for (const std::uint32_t site : largest_groups(curves, limit)) {
    LifespansReport::Site& row = report.sites.emplace_back();
    row.label = label_of(sites[site]);
    row.first_ns = std::max(groups[site].first_ns, report.begin_ns);
    row.live_blocks = groups[site].live_blocks;
    row.last_ns = row.live_blocks > 0 ? report.end_ns : groups[site].last_ns;
    row.levels = curves.levels(site);
    row.highest = *std::max_element(row.levels.begin(), row.levels.end());
  }
  take_variables(report, ownership.take());
  report.unknown = unknown_births(tape, selection);
  report.caveats = caveats_of(tape, unread, symbols);
  return report;
}

}  // namespace heaptape
