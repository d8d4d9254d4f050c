// The live-bytes curve in equal steps of time.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/account.h"
#include "analyzer/reports.h"

namespace heaptape {

class CurvePass : public Pass {
 public:
  struct Step {
    std::uint64_t begin_ns = 0;
    std::uint64_t low = 0, last = 0;
    Peak high;  // its first moment; event 0: the level at which the step began
  };

  // `samples` steps (at least 1) over `duration_ns`; fewer where a step would be shorter than 1 ns.
  CurvePass(const Membership& membership, std::uint64_t duration_ns, std::size_t samples);

  void opened(const Opening& opening) override;
  void born(const Block& block, Moment now) override;
  void ended(const Block& block, Fate fate, Moment now) override;
  void restored(const Block& block, Fate fate, Moment now) override;

  // Forgets the curve up to here: the step at hand begins at the level of now.
  void begin_here();

  // Complete up to the end of recording; call once, after the replay.
  std::vector<Step> take_steps();

 private:
  void show(std::uint64_t bytes, std::uint64_t blocks, Moment now);
  std::uint64_t begin_of(std::size_t step) const;
  void advance();          // into the next step, at the level of now
  void reach(Moment now);  // the step that the moment lies in
  void note(Moment now);
  void settle();

  const Membership* membership_;
  std::uint64_t duration_ns_;
  std::vector<Step> steps_;
  std::size_t current_ = 0;
  std::uint64_t next_ns_;          // the next step begins there; there is none: never
  std::optional<Moment> unnoted_;  // a block ended there, and the event may go on
  Account account_;
};

}  // namespace heaptape
