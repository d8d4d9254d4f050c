// What has left a tape: takes the events that are dropped, oldest first, and knows the opening that stands for them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "format/live_replay.h"

namespace heaptape {

class Aggregate {
 public:
  explicit Aggregate(bool forked) : forked_(forked), replay_(*this, 0) {}
  Aggregate(const Aggregate&) = delete;
  Aggregate& operator=(const Aggregate&) = delete;

  // Goes on from what the tape begins with. First of all.
  void open(const Opening& opening);
  // `in_program`: by stack, of all stacks that the events name.
  void take(std::span<const Event> events, const std::vector<bool>& in_program);
  Opening opening(const std::vector<bool>& in_program) const;
  std::uint64_t events() const { return replay_.events(); }

 private:
  friend class LiveReplay<Aggregate>;
  // Figures of a stack. What was live at a layer's peak is saved lazily: peaks are numbered, and a stack saves its live
  // figures when it changes for the first time after a newer one.
  struct Figures {
    std::uint64_t allocated = 0, count = 0, temporary = 0, live = 0, live_blocks = 0;
    struct AtPeak {
      std::uint64_t peak = 0, bytes = 0, blocks = 0;
    };
    std::array<AtPeak, 2> at_peak;
  };
  // One of the two layers: `all` and `program`.
  struct Side {
    Totals totals;
    std::uint64_t peaks = 0;
    Stretch::Level level;  // of the stretch that is being taken
  };

  void born(const Block& block, Moment now);
  void ended(const Block& block, Fate fate, Moment now);
  void restored(const Block& block, Fate fate, Moment now);
  void other(const Event& event, Moment now);
  Loss unmatched();
  void matched_after_all(Loss loss) { --ledger_[loss]; }

  // Calls `change` for each layer that holds the block.
  template <typename Change>
  void in_each_layer(const Block& block, const Change& change);
  Figures& touch(const Block& block);
  void enliven(const Block& block, Moment now);
  void end_stretch(std::uint64_t events);

  bool forked_;
  bool was_paused_ = false;
  std::uint64_t time_ns_ = 0;
  const std::vector<bool>* in_program_ = nullptr;
  std::array<Side, 2> sides_;  // all, program
  Ledger ledger_;
  std::vector<Figures> stacks_;
  std::vector<Stretch> outline_;
  std::vector<OpeningMark> marks_;
  LiveReplay<Aggregate> replay_;
};

}  // namespace heaptape
