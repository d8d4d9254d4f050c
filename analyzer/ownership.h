// The reading behind VariablesReport.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "analyzer/owners.h"
#include "analyzer/replay.h"
#include "analyzer/selection.h"
#include "analyzer/sites.h"
#include "analyzer/variables.h"

namespace heaptape {

class OwnershipPass : public Pass {
 public:
  // All must outlive this.
  OwnershipPass(const TapeReader& tape, Sites& sites) : tape_(&tape), sites_(&sites) {}
  // Of a range: as if the tape had ended where it does, and each scope that is open where it begins had begun there,
  // with what it owned by then.
  OwnershipPass(const TapeReader& tape, Sites& sites, const Selection& range)
      : tape_(&tape), sites_(&sites), begin_(range.begin()), end_(range.end()), begin_ns_(range.begin_ns()) {}

  void opened(const Opening& opening) override { owners_.opened(opening); }
  void coming(std::span<const Event> events, std::uint64_t before) override { owners_.coming(events, before); }
  void born(const Block& block, Moment now) override;
  void ended(const Block& block, Fate, Moment now) override;
  void restored(const Block& block, Fate, Moment now) override;
  void other(const Event& event, Moment now) override;

  // Scopes that never ended count as open, and variables without a scope are left out. Call once, after the replay.
  std::vector<VariablesReport::Variable> take();

 private:
  using Point = VariablesReport::Point;
  using How = VariablesReport::How;

  // A scope that has not ended.
  struct Open {
    std::uint32_t variable = 0;  // index into variables_
    ThreadId thread{};
    std::uint64_t last_read = 0;
    std::uint64_t births_at_read = 0;  // of its thread
    VariablesReport::Scope report;     // its history's last point is what holds now
    bool was_read = false;
    // Of the present reading: by owner, and the blocks that are counted there.
    std::unordered_map<std::uint32_t, VariablesReport::Shared> shared;
    std::unordered_set<std::uint64_t> shared_blocks;
  };
  // The youngest births of a thread, where the block is looked for that takes another one's place.
  struct Recent {
    std::array<Block, 16> births;
    std::uint64_t count = 0;
    // Set where an owned block was released and nothing took its place yet: a realloc's birth comes behind its release.
    std::optional<std::pair<std::uint32_t, Block>> waiting;  // scope, block
  };

  // Whether it lies before the range's end.
  bool counts(Moment now);
  void begin_range();
  void begin(const Event& event);
  void read(const Event& event);
  void reach(const Event& event);
  void end(const Event& event);
  void name_readings(const Event& mark);
  // Whether its thread has allocated nothing since it was read.
  bool is_fresh(const Open& open) const;
  void infer(Open& open, const Block& old, Moment now);
  bool takes_the_place(const Block& candidate, const Block& old);
  void replace(Open& open, const Block& block, Moment now);
  void close_reading(Open& open);
  void fold(Open& open);
  // The scope whose newest reading has reached the block, or that it was inferred for since; null if there is none.
  Open* holder(const std::optional<Owners::Owner>& owner);
  Open* find(std::uint32_t scope);
  VariablesReport::Variable& variable_of(const Open& open) { return variables_[open.variable]; }

  const TapeReader* tape_;
  Sites* sites_;
  std::uint64_t begin_ = 0, end_ = UINT64_MAX, begin_ns_ = 0;
  bool has_begun_ = false;
  Owners owners_;
  std::unordered_map<std::uint32_t, Open> open_;      // by scope
  std::unordered_map<std::uint32_t, Recent> recent_;  // by thread; of those that have scopes
  std::map<std::tuple<std::string, std::string, std::string, std::uint32_t>, std::uint32_t> by_place_;
  std::vector<VariablesReport::Variable> variables_;
};

}  // namespace heaptape
