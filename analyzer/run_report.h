// The whole run in one struct, small enough for a page: what `heaptape report` shows.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analyzer/analyze.h"
#include "analyzer/curve.h"
#include "analyzer/diff.h"
#include "analyzer/folded_tree.h"
#include "analyzer/lifetime_parts.h"
#include "analyzer/symbol_sources.h"
#include "analyzer/variables.h"

namespace heaptape {

// What a page has room for. What is beyond it is folded or left out, and counted.
struct ReportLimits {
  std::size_t nodes = 5000;    // of each tree
  std::size_t cells = 150000;  // of each tree
  std::size_t rows = 1000;     // of each list
  std::size_t parts = 800000;  // bytes that tell how lists are made up of parts of the run
  std::size_t name = 400;      // characters
};

struct RunReport {
  struct Leak {
    std::string label, detail;  // of the site, as in LeaksReport
    std::uint64_t bytes = 0, blocks = 0;
    Growth growth = Growth::unclear;
    std::vector<std::uint64_t> levels;
  };
  SummaryReport summary;
  TimelineReport timeline;             // some steps in each bucket; without a quiet end
  std::vector<CurvePass::Step> curve;  // as in the timeline, with when each step was at its highest
  std::vector<Peak> others;            // as in PeaksReport
  std::vector<Leak> leaks, residue;    // largest first
  Costs leaked;                        // as LeaksReport's bytes and blocks
  Costs kept;                          // the residue's
  bool ended = false, exact = false;   // as in LeaksReport
  LifetimesInParts lifetimes;
  std::vector<VariablesReport::Variable> variables;  // as in VariablesReport
  // From main down, and from the sites (as TopReport has them) up. Their costs and cells are of the same blocks.
  FoldedTree callees, callers;
  std::size_t sites = 0;               // in all
  std::vector<std::uint64_t> borders;  // of the buckets, in ns; one more than there are
  std::size_t first_bucket = 0;        // that has cells: where the tape begins with an aggregate not the first
  std::vector<Caveat> caveats;
};

// Throws TapeError.
RunReport run_report(const TapeReader& tape, Layer layer, Symbols& symbols, const ReportLimits& limits = {});

// What changed since another run, or several: the sites, and both sides in one tree. In its nodes `base` is the older
// one. Of several it is one run, so that its parts add up: that with the median peak.
struct RunComparison {
  DiffReport diff;
  std::size_t in_tree = 0;  // which of diff.base
  FoldedTree callees, callers;
};
// At least one older run. Throws TapeError and DifferentPrograms.
RunComparison compare_runs(std::span<const TapeReader> base, const TapeReader& now, const DiffOptions& options,
                           const SymbolSources& sources, Symbols& of_now, const ReportLimits& limits = {});

}  // namespace heaptape
