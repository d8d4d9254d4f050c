// The live-bytes curve in equal steps of time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/account.h"
#include "analyzer/reports.h"

namespace heaptape {

// The curve of a level that is told after each change.
class StepCurve {
 public:
  struct Step {
    std::uint64_t begin_ns = 0;
    std::uint64_t low = 0, last = 0;
    Peak high;  // its first moment; event 0: the level at which the step began
    friend bool operator==(const Step&, const Step&) = default;
  };

  // `samples` steps (at least 1) over `duration_ns`; fewer where a step would be shorter than 1 ns.
  StepCurve(std::uint64_t duration_ns, std::size_t samples);

  // Times never fall.
  void at(std::uint64_t bytes, std::uint64_t blocks, Moment now) {
    while (next_ns_ <= now.time_ns && current_ + 1 < steps_.size()) advance();
    bytes_ = bytes;
    blocks_ = blocks;
    Step& step = steps_[current_];
    step.last = bytes;
    step.low = std::min(step.low, bytes);
    if (bytes > step.high.bytes) step.high = {bytes, blocks, now.time_ns, now.event};
  }
  // Forgets the curve up to here: the step at hand begins at the level of now.
  void begin_here() { begin(steps_[current_]); }
  // Complete up to the end of recording; call once.
  std::vector<Step> take_steps();

 private:
  void begin(Step& step) const;
  void advance();  // into the next step, at the level of now

  std::vector<Step> steps_;
  std::size_t current_ = 0;
  std::uint64_t next_ns_ = UINT64_MAX;  // the next step begins there; there is none: never
  std::uint64_t bytes_ = 0, blocks_ = 0;
};

class CurvePass : public Pass {
 public:
  using Step = StepCurve::Step;

  CurvePass(const Membership& membership, std::uint64_t duration_ns, std::size_t samples)
      : membership_(&membership), curve_(duration_ns, samples) {}

  void opened(const Opening& opening) override;
  void born(const Block& block, Moment now) override;
  void ended(const Block& block, Fate fate, Moment now) override;
  void restored(const Block& block, Fate fate, Moment now) override;

  // As StepCurve has them.
  void begin_here();
  std::vector<Step> take_steps();

 private:
  void note(Moment now) {
    unnoted_.reset();
    curve_.at(account_.live_bytes(), account_.live_blocks(), now);
  }
  void settle(std::uint64_t event);

  const Membership* membership_;
  StepCurve curve_;
  std::optional<Moment> unnoted_;  // a block ended there, and the event may go on
  Account account_;
};

}  // namespace heaptape
