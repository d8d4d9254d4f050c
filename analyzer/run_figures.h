// What one run cost, site by site, in a form that runs of other builds can be compared with: a site is a function in a
// file of a module, whatever the line, the address or the build.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/measure.h"
#include "analyzer/membership.h"
#include "analyzer/replay.h"
#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "analyzer/sites.h"

namespace heaptape {

struct RunSite {
  Location place;      // the line is 0 where the function allocates on several
  std::string module;  // normalised; "*" for the executable, whatever it is called
  std::string file;    // base name; empty if unknown
  Costs costs;
  std::vector<StackId> stacks;
};

// Builds of modules by normalised name; one that runs do not agree on has an empty one.
using Builds = std::map<std::string, std::string>;

class RunFigures {
 public:
  // A layer's, as if the run had ended after so many events of the tape. Tape and symbols must outlive this.
  RunFigures(const TapeReader& tape, const Membership& membership, Symbols& symbols, std::uint64_t until = UINT64_MAX);
  // What is selected. The reading is shown to `beside` too.
  RunFigures(const TapeReader& tape, const Selection& selection, Symbols& symbols, std::vector<Pass*> beside = {});

  const TapeReader& tape() const { return *tape_; }
  Symbols& symbols() const { return *symbols_; }
  const Totals& totals() const { return totals_; }
  std::uint64_t residue() const { return residue_; }  // bytes live at the end that the runtime keeps
  const std::optional<Margins>& margins() const { return margins_; }
  // By StackId, as measure() answers them.
  const CostsByStack& stacks() const { return stacks_; }
  const CostsByStack& residues() const { return residues_; }
  const Site& site_of(StackId stack) { return sites_[sites_.of(stack)]; }
  const std::vector<Location>& locations(const Frame& frame) { return symbols_->resolve(frame.module, frame.address); }
  // Of every cost, the residue apart; they are the sums over all sites.
  Costs costs() const;
  // What of the tape turned out damaged.
  const std::vector<Damage>& unread() const { return unread_; }
  // Call when nothing is to be resolved any more.
  std::vector<Caveat> caveats() const;

  void note_builds(Builds& builds) const;
  // Each function, file and module once. Addresses without a symbol are one site for each module whose builds differ.
  std::vector<RunSite> sites(const Builds& builds);
  // Hashes of the normalised names on the way from the site to main, one per stack, rising.
  std::vector<std::uint64_t> paths(const RunSite& site);

 private:
  void take(Measured measured);
  std::string module_key(const std::string& path) const;

  const TapeReader* tape_;
  Symbols* symbols_;
  Sites sites_;
  Totals totals_;
  std::uint64_t residue_ = 0;
  std::optional<Margins> margins_;
  CostsByStack stacks_, residues_;
  std::vector<Damage> unread_;
};

}  // namespace heaptape
