// How what is live of each site has come about: 32 levels a site over the range, and what they look like.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/ranged_pass.h"
#include "analyzer/reports.h"
#include "analyzer/sites.h"
#include "format/large_memory.h"

namespace heaptape {

inline constexpr std::size_t kGrowthSteps = 32;

// `levels`: live bytes at the ends of equal steps of time; `before`: when the first of them began. What has been there
// all along has no more come at once than it grows.
Growth growth_of(std::span<const std::uint64_t> levels, std::uint64_t before = 0);

// Behind a Window. Where a tape begins with an aggregate its steps begin behind that: of what had come to an end in it
// nothing is known.
class GrowthPass : public RangedPass {
 public:
  // All must outlive this.
  GrowthPass(const TapeReader& tape, const Selection& selection, Sites& sites)
      : selection_(&selection),
        sites_(&sites),
        begin_event_(std::max(selection.begin(), tape.opening().events)),
        begin_ns_(std::max(selection.begin_ns(), tape.opening().time_ns)),
        site_of_stack_(tape.frames().size()) {}

  void born(const Block& block, Moment now) override { add(block, now); }
  void restored(const Block& block, Fate, Moment now) override { add(block, now); }
  void ended(const Block& block, Fate, Moment now) override {
    reach(now);
    live(block.stack) -= weigh(block).bytes;
  }
  void range_begins() override {}

  // The same for who sees no blocks: what is live changes, and what is live now is that of the steps that end before
  // `now`.
  void add(StackId stack, std::uint64_t bytes) { live(stack) += weight_of(bytes, 0).bytes; }
  void remove(StackId stack, std::uint64_t bytes) { live(stack) -= weight_of(bytes, 0).bytes; }
  void reach(Moment now);
  // The step that a time behind begin_ns() lies in.
  std::size_t step_of(std::uint64_t time_ns) const;

  // Whether any event lies in its steps.
  bool has_steps() const { return has_begun_; }
  // Where the steps begin.
  std::uint64_t begin_ns() const { return begin_ns_; }
  // Live bytes of the site at the end of each step, and when the first begins. Call after the replay.
  std::vector<std::uint64_t> levels(std::uint32_t site);
  std::uint64_t before(std::uint32_t site) const;

 private:
  void add(const Block& block, Moment now) {
    reach(now);
    live(block.stack) += weigh(block).bytes;
  }
  WideCount& live(StackId stack) {
    const std::uint32_t site = site_of_stack_[static_cast<std::size_t>(stack)];
    return site != 0 ? live_[site - 1] : live_of_new(stack);
  }
  WideCount& live_of_new(StackId stack);
  void note_to(std::size_t step);

  const Selection* selection_;
  Sites* sites_;
  const std::uint64_t begin_event_, begin_ns_;
  bool has_begun_ = false;
  LargeVector<std::uint32_t> site_of_stack_;  // plus 1; 0: not known yet
  std::vector<WideCount> live_, before_;      // by site, in parts
  std::vector<std::array<std::uint64_t, kGrowthSteps>> levels_;
  std::size_t step_ = 0;
};

// Where the tape begins with an aggregate: what is told of growth, and why no more.
void add_growth_caveat(std::vector<Caveat>& caveats, const TapeReader& tape, const GrowthPass& growth);

}  // namespace heaptape
