// How what is live of each site has come about: 32 levels a site over the range, and what they look like.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/ranged_pass.h"
#include "analyzer/reports.h"
#include "analyzer/sites.h"

namespace heaptape {

inline constexpr std::size_t kGrowthSteps = 32;

// `levels`: live bytes at the ends of equal steps of time.
Growth growth_of(std::span<const std::uint64_t> levels);

// Behind a Window.
class GrowthPass : public RangedPass {
 public:
  GrowthPass(const Selection& selection, Sites& sites) : selection_(&selection), sites_(&sites) {}

  void born(const Block& block, Moment now) override { add(block, now); }
  void restored(const Block& block, Fate, Moment now) override { add(block, now); }
  void ended(const Block& block, Fate, Moment now) override {
    reach(now);
    live(block.stack) -= weigh(block).bytes;
  }
  void range_begins() override {}

  // Live bytes of the site at the end of each step. Call after the replay.
  std::vector<std::uint64_t> levels(std::uint32_t site);

 private:
  void add(const Block& block, Moment now) {
    reach(now);
    live(block.stack) += weigh(block).bytes;
  }
  WideCount& live(StackId stack);
  void reach(Moment now);
  void note_to(std::size_t step);

  const Selection* selection_;
  Sites* sites_;
  std::vector<std::uint32_t> site_of_stack_;  // plus 1; 0: not known yet
  std::vector<WideCount> live_;               // by site, in parts
  std::vector<std::array<std::uint64_t, kGrowthSteps>> levels_;
  std::size_t step_ = 0;
};

}  // namespace heaptape
