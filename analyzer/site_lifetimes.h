// How long the blocks of a run's sites lived, for comparing runs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/diff.h"
#include "analyzer/run_figures.h"

namespace heaptape {

// Of one run. Where nothing was released there are no lifetimes.
struct SiteLifetimes {
  std::uint64_t p50_ns = 0, p90_ns = 0, distance = 0, released = 0, byte_ms = 0;
};
struct RunLifetimes {
  SiteLifetimes total;
  std::vector<SiteLifetimes> sites;  // as the sites that were given
};

// A reading of the run's tape, up to where the options say.
RunLifetimes lifetimes_of(const RunFigures& run, const std::vector<RunSite>& sites, const DiffOptions& options);

// Of the runs of both sides. `clock_step_ns`: the coarsest of theirs.
LifetimeChanges lifetime_changes(const std::vector<SiteLifetimes>& base, const std::vector<SiteLifetimes>& now,
                                 std::uint64_t clock_step_ns);

}  // namespace heaptape
