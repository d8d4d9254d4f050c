// The live bytes of sites, or other groups of stacks, over time: each step's at the moment when all together were most,
// so that the groups of a step add up to its highest level.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "analyzer/live_at_peak.h"
#include "analyzer/ranged_pass.h"

namespace heaptape {

// Behind a Window. Memory: a number for each group and step that it is live in.
class GroupCurvesPass : public RangedPass {
 public:
  // Small numbers; asked once for each stack.
  using GroupOf = std::function<std::uint32_t(StackId)>;
  struct Group {
    std::uint64_t first_ns = 0, last_ns = 0;  // first birth, last end, in the tape's time
    std::uint64_t live_blocks = 0;            // at the end
    double byte_time = 0;                     // bytes times steps
  };

  // Steps as CurvePass makes them.
  GroupCurvesPass(const Selection& selection, GroupOf group_of, std::size_t samples);

  void born(const Block& block, Moment now) override { add(block, now); }
  void restored(const Block& block, Fate, Moment now) override { add(block, now); }
  void ended(const Block& block, Fate, Moment now) override;
  void range_begins() override;

  // Once, after the replay; levels and groups are complete then.
  void finish();
  std::vector<Group> groups() const;
  // Of one group, a number for each step.
  std::vector<std::uint64_t> levels(std::uint32_t group) const;
  std::size_t steps() const { return begins_.size(); }

 private:
  struct Live {
    LiveAtPeak held;
    std::uint64_t first_ns = 0, last_ns = 0;
    bool any = false;
  };
  void add(const Block& block, Moment now);
  Live& of(StackId stack);
  void reach(Moment now);
  void note();
  void rise();

  std::uint64_t begin_ns_;
  GroupOf group_of_;
  std::vector<std::uint64_t> begins_;    // of steps, from begin_ns_ on
  std::vector<std::uint32_t> by_stack_;  // plus 1; 0: not asked yet
  std::vector<Live> groups_;
  std::vector<std::vector<std::pair<std::uint32_t, std::uint64_t>>> noted_;  // by step: group and level
  std::vector<double> byte_time_;
  WideCount live_ = 0, high_ = 0;  // of all; the most in the step at hand
  std::uint64_t highs_ = 0;        // new ones, counted
};

// The groups with the largest areas, largest first.
std::vector<std::uint32_t> largest_groups(const GroupCurvesPass& pass, std::size_t most);

}  // namespace heaptape
