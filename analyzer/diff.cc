#include "analyzer/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "analyzer/caveats.h"
#include "analyzer/claims.h"
#include "analyzer/readable.h"
#include "analyzer/run_figures.h"
#include "analyzer/site_lifetimes.h"
#include "analyzer/site_match.h"

namespace heaptape {
namespace {

using Runs = std::span<RunFigures* const>;

// A site over all runs of a side.
struct SideSite {
  RunSite first;                         // as the first run that has it shows it
  std::size_t run = 0;                   // which that is
  std::vector<Costs> costs;              // by run
  std::vector<SiteLifetimes> lifetimes;  // by run
};

SiteName name_for_matching(const RunSite& site, Cost cost) {
  return {site.place.function, site.module, site.file, site.costs.of(cost)};
}

class Side {
 public:
  Side(Runs runs, const Builds& builds, const DiffOptions& options)
      : runs_(runs), options_(&options), lifetimes_(runs.size()) {
    for (std::size_t run = 0; run < runs.size(); ++run) add(run, runs[run]->sites(builds));
  }

  std::vector<SideSite>& sites() { return sites_; }
  std::vector<SiteName> names() const {
    std::vector<SiteName> names;
    for (const SideSite& site : sites_) names.push_back(name_for_matching(site.first, options_->cost));
    return names;
  }
  // Of all blocks, by run.
  const std::vector<SiteLifetimes>& lifetimes() const { return lifetimes_; }
  std::vector<std::uint64_t> paths(std::size_t index) const {
    return runs_[sites_[index].run]->paths(sites_[index].first);
  }
  Spread spread(std::size_t index, Cost cost) const {
    std::vector<std::uint64_t> values;
    for (const Costs& costs : sites_[index].costs) values.push_back(costs.of(cost));
    return spread_of(std::move(values));
  }

 private:
  // Runs of a side may be of several builds too.
  void add(std::size_t run, std::vector<RunSite> sites) {
    std::vector<SiteName> theirs;
    for (const RunSite& site : sites) theirs.push_back(name_for_matching(site, options_->cost));
    const std::vector<SiteMatch> matches = match_sites(
        names(), theirs, [&](std::size_t i) { return paths(i); },
        [&](std::size_t i) { return runs_[run]->paths(sites[i]); });
    RunLifetimes lived{{}, std::vector<SiteLifetimes>(sites.size())};
    if (options_->lifetimes) lived = lifetimes_of(*runs_[run], sites, *options_);
    lifetimes_[run] = lived.total;
    std::vector<bool> is_known(sites.size());
    for (const SiteMatch& match : matches) {
      sites_[match.before].costs[run] = sites[match.after].costs;
      sites_[match.before].lifetimes[run] = lived.sites[match.after];
      is_known[match.after] = true;
    }
    for (std::size_t i = 0; i < sites.size(); ++i) {
      if (is_known[i]) continue;
      SideSite site{std::move(sites[i]), run, std::vector<Costs>(runs_.size()),
                    std::vector<SiteLifetimes>(runs_.size())};
      site.costs[run] = site.first.costs;
      site.lifetimes[run] = lived.sites[i];
      sites_.push_back(std::move(site));
    }
  }

  Runs runs_;
  const DiffOptions* options_;
  std::vector<SideSite> sites_;
  std::vector<SiteLifetimes> lifetimes_;
};

// A side's tapes, each with what is read of it.
class ReadSide {
 public:
  ReadSide(std::span<const TapeReader> tapes, const DiffOptions& options) {
    for (const TapeReader& tape : tapes) {
      Symbols& symbols = *symbols_.emplace_back(std::make_unique<Symbols>(tape, options.symbols));
      const std::uint64_t until = options.align ? events_before(tape, *options.align, options.layer) : UINT64_MAX;
      runs_.push_back(std::make_unique<RunFigures>(tape, membership_of(tape, options.layer), symbols, until));
      figures_.push_back(runs_.back().get());
    }
  }
  Runs runs() const { return figures_; }

 private:
  std::vector<std::unique_ptr<Symbols>> symbols_;
  std::vector<std::unique_ptr<RunFigures>> runs_;
  std::vector<RunFigures*> figures_;
};

template <class Value>
Spread over(Runs runs, const Value& value) {
  std::vector<std::uint64_t> values;
  for (const RunFigures* run : runs) values.push_back(value(*run));
  return spread_of(std::move(values));
}

std::optional<Margins> widest(Runs runs) {
  std::optional<Margins> most;
  for (const RunFigures* run : runs) {
    if (!run->margins()) continue;
    const Margins& own = *run->margins();
    Margins& all = most ? *most : most.emplace();
    const auto raise = [](std::uint64_t& value, std::uint64_t other) { value = std::max(value, other); };
    raise(all.allocations, own.allocations);
    raise(all.frees, own.frees);
    raise(all.allocated_bytes, own.allocated_bytes);
    raise(all.temporary, own.temporary);
    raise(all.live_bytes, own.live_bytes);
    raise(all.live_blocks, own.live_blocks);
    raise(all.peak_bytes, own.peak_bytes);
    raise(all.peak_blocks, own.peak_blocks);
  }
  return most;
}

std::vector<DiffReport::Run> runs_of(Runs runs, Layer layer) {
  std::vector<DiffReport::Run> all;
  for (const RunFigures* run : runs) {
    const TapeReader& tape = run->tape();
    all.push_back({tape.path(), program_of(tape), command_of(tape), is_exact(tape, layer)});
  }
  return all;
}

void add_filter_caveat(std::vector<Caveat>& all, Runs base, Runs now) {
  const TapeReader& first = base[0]->tape();
  const std::string expected = filters_of(first.meta());
  for (const Runs side : {base, now}) {
    for (const RunFigures* run : side) {
      const std::string filters = filters_of(run->tape().meta());
      if (filters == expected) continue;
      const auto in_words = [](const std::string& words) { return words.empty() ? "no filter" : words; };
      all.push_back({"filters", 1,
                     fmt::format("{} was recorded with {}, {} with {}: they do not show the same allocations",
                                 first.path(), in_words(expected), run->tape().path(), in_words(filters))});
      return;
    }
  }
}

std::uint64_t coarsest_clock(Runs base, Runs now) {
  std::uint64_t step = 1;
  for (const Runs side : {base, now})
    for (const RunFigures* run : side) step = std::max<std::uint64_t>(step, run->tape().meta().clock_step_ns);
  return step;
}

bool can_tell_lifetimes(Runs base, Runs now, std::vector<Caveat>& caveats) {
  for (const Runs side : {base, now}) {
    for (const RunFigures* run : side) {
      const std::uint64_t aggregated = run->tape().opening().events;
      if (aggregated == 0) continue;
      caveats.push_back({"lifetimes", aggregated,
                         fmt::format("{} keeps {} events as an aggregate only: lifetimes are not compared",
                                     run->tape().path(), aggregated)});
      return false;
    }
  }
  return true;
}

DiffReport::Site shown(const RunSite& site, DiffReport::State state) {
  DiffReport::Site shown;
  shown.state = state;
  shown.place = site.place;
  shown.label = readable(site.place.function);
  shown.detail = detail_of(site.place);
  return shown;
}

DiffReport::State state_of(MatchKind kind) {
  if (kind == MatchKind::exact) return DiffReport::State::same;
  return kind == MatchKind::renamed ? DiffReport::State::renamed : DiffReport::State::moved;
}

std::vector<DiffReport::Site> all_sites(Side& base, Side& now, const DiffOptions& options,
                                        std::uint64_t clock_step_ns) {
  const std::vector<SiteMatch> matches = match_sites(
      base.names(), now.names(), [&](std::size_t i) { return base.paths(i); },
      [&](std::size_t i) { return now.paths(i); });
  std::vector<DiffReport::Site> sites;
  std::vector<bool> was_matched(base.sites().size()), is_matched(now.sites().size());
  const auto set_changes = [&](std::optional<std::size_t> before, std::optional<std::size_t> after) {
    DiffReport::Site& site = sites.back();
    for (int i = 0; i < kCosts; ++i) {
      const auto cost = static_cast<Cost>(i);
      Change& change = site.changes[static_cast<std::size_t>(i)];
      if (before) change.base = base.spread(*before, cost);
      if (after) change.now = now.spread(*after, cost);
    }
    const std::vector<SiteLifetimes> none;
    if (options.lifetimes)
      site.lifetimes = lifetime_changes(before ? base.sites()[*before].lifetimes : none,
                                        after ? now.sites()[*after].lifetimes : none, clock_step_ns);
  };
  for (const SiteMatch& match : matches) {
    was_matched[match.before] = is_matched[match.after] = true;
    sites.push_back(shown(now.sites()[match.after].first, state_of(match.kind)));
    if (match.kind != MatchKind::exact) sites.back().before = base.sites()[match.before].first.place;
    set_changes(match.before, match.after);
  }
  for (std::size_t i = 0; i < was_matched.size(); ++i) {
    if (was_matched[i]) continue;
    sites.push_back(shown(base.sites()[i].first, DiffReport::State::gone));
    set_changes(i, std::nullopt);
  }
  for (std::size_t i = 0; i < is_matched.size(); ++i) {
    if (is_matched[i]) continue;
    sites.push_back(shown(now.sites()[i].first, DiffReport::State::appeared));
    set_changes(std::nullopt, i);
  }
  return sites;
}

template <class Test>
bool any_of(const Changes& changes, const Test& test) {
  return std::any_of(changes.begin(), changes.end(), test);
}

std::vector<DiffReport::Site> of_other_lifetimes(const std::vector<DiffReport::Site>& sites) {
  std::vector<DiffReport::Site> changed;
  std::copy_if(sites.begin(), sites.end(), std::back_inserter(changed),
               [](const DiffReport::Site& site) { return site.lifetimes && site.lifetimes->is_change; });
  std::stable_sort(changed.begin(), changed.end(), [](const DiffReport::Site& a, const DiffReport::Site& b) {
    const std::uint64_t of_a = a.lifetimes->byte_ms.size(), of_b = b.lifetimes->byte_ms.size();
    return of_a != of_b ? of_a > of_b : a.label < b.label;
  });
  return changed;
}

// Only those that differ stay, what matters first: changes before noise.
void rank(DiffReport& report) {
  std::vector<DiffReport::Site>& sites = report.sites;
  const std::size_t all = sites.size();
  std::erase_if(sites, [](const DiffReport::Site& site) {
    return site.state != DiffReport::State::moved && !any_of(site.changes, [](const Change& c) { return c.differs(); });
  });
  report.unchanged = all - sites.size();
  report.noisy = static_cast<std::size_t>(std::count_if(sites.begin(), sites.end(), [](const DiffReport::Site& site) {
    return !any_of(site.changes, [](const Change& change) { return change.is_change(); }) &&
           any_of(site.changes, [](const Change& change) { return change.is_noise(); });
  }));
  const auto weight = [&](const DiffReport::Site& site) {
    const Change& change = site.of(report.cost);
    return std::pair(change.is_change(), change.size());
  };
  std::stable_sort(sites.begin(), sites.end(), [&](const DiffReport::Site& a, const DiffReport::Site& b) {
    return weight(a) != weight(b) ? weight(a) > weight(b) : a.label < b.label;
  });
}

}  // namespace

std::uint64_t Change::size() const {
  return now.median > base.median ? now.median - base.median : base.median - now.median;
}

const char* name_of(DiffReport::State state) {
  switch (state) {
    case DiffReport::State::same:
      return "same";
    case DiffReport::State::renamed:
      return "renamed";
    case DiffReport::State::moved:
      return "moved";
    case DiffReport::State::appeared:
      return "new";
    case DiffReport::State::gone:
      return "gone";
  }
  return "";
}

void require_one_program(std::span<const TapeReader> base, std::span<const TapeReader> now) {
  const std::string expected = program_of(base[0]);
  for (const auto side : {base, now}) {
    for (const TapeReader& tape : side) {
      const std::string program = program_of(tape);
      if (program == expected) continue;
      throw DifferentPrograms(fmt::format("{} is of '{}', {} of '{}'; give --any-program to compare them all the same",
                                          base[0].path(), expected, tape.path(), program));
    }
  }
}

DiffReport diff(std::span<const TapeReader> base, std::span<const TapeReader> now, const DiffOptions& options) {
  if (!options.any_program) require_one_program(base, now);
  const ReadSide before(base, options), after(now, options);
  return diff(before.runs(), after.runs(), options);
}

DiffReport diff(std::span<RunFigures* const> base, std::span<RunFigures* const> now, const DiffOptions& asked) {
  DiffOptions options = asked;
  Builds builds;
  for (const Runs side : {base, now})
    for (const RunFigures* run : side) run->note_builds(builds);

  DiffReport report;
  report.layer = options.layer;
  report.cost = options.cost;
  report.aligned = options.aligned;
  report.program = program_of(now[0]->tape());
  report.command = command_of(now[0]->tape());
  report.base = runs_of(base, options.layer);
  report.now = runs_of(now, options.layer);
  const auto change = [&](const auto& value) { return Change{over(base, value), over(now, value)}; };
  for (int i = 0; i < kCosts; ++i)
    report.totals[static_cast<std::size_t>(i)] =
        change([&](const RunFigures& run) { return run.costs().of(static_cast<Cost>(i)); });
  report.live_at_end = change([](const RunFigures& run) { return run.totals().live_bytes; });
  report.residue = change([](const RunFigures& run) { return run.residue(); });
  report.base_margins = widest(base);
  report.now_margins = widest(now);

  if (options.lifetimes) options.lifetimes = can_tell_lifetimes(base, now, report.caveats);
  Side base_side(base, builds, options), now_side(now, builds, options);
  report.clock_step_ns = coarsest_clock(base, now);
  report.sites = all_sites(base_side, now_side, options, report.clock_step_ns);
  if (options.lifetimes)
    report.lifetimes = lifetime_changes(base_side.lifetimes(), now_side.lifetimes(), report.clock_step_ns);
  report.by_lifetime = of_other_lifetimes(report.sites);
  rank(report);
  add_filter_caveat(report.caveats, base, now);
  for (const Runs side : {base, now})
    for (const RunFigures* run : side) add_shortcomings(report.caveats, run->tape().path(), run->caveats());
  return report;
}

}  // namespace heaptape
