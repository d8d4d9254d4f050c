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

#include "analyzer/live_blocks.h"
#include "analyzer/replay.h"
#include "analyzer/sites.h"
#include "analyzer/variables.h"

namespace heaptape {

class OwnershipPass : public Pass {
 public:
  OwnershipPass(const TapeReader& tape, Sites& sites) : tape_(&tape), sites_(&sites) {}

  void opened(const Opening& opening) override { live_.open(opening); }
  void born(const Block& block, Moment now) override;
  void ended(const Block& block, Fate, Moment now) override;
  void restored(const Block& block, Fate, Moment now) override;
  void other(const Event& event, Moment now) override;

  // Scopes that never ended count as open. Call once, after the replay.
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
  // Whose a block is.
  struct Owner {
    std::uint32_t scope = 0;
    std::uint64_t last_read = 0;  // number of the reading that reached it, or that it was inferred after
    bool inferred = false;
  };
  // The youngest births of a thread, where the block is looked for that takes another one's place.
  struct Recent {
    std::array<Block, 16> births;
    std::uint64_t count = 0;
    // Set where an owned block was released and nothing took its place yet: a realloc's birth comes behind its release.
    std::optional<std::pair<std::uint32_t, Block>> waiting;  // scope, block
  };

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
  Open* holder_of(const Block& block);
  Open* find(std::uint32_t scope);
  VariablesReport::Variable& variable_of(const Open& open) { return variables_[open.variable]; }

  const TapeReader* tape_;
  Sites* sites_;
  LiveBlocks live_;
  std::unordered_map<std::uint32_t, Open> open_;             // by scope
  std::unordered_map<std::uint64_t, Owner> owners_;          // by birth event; of live blocks
  std::unordered_map<std::uint32_t, Recent> recent_;         // by thread; of those that have scopes
  std::optional<std::pair<std::uint64_t, Owner>> released_;  // the newest: a failed realloc gives it back
  std::map<std::tuple<std::string, std::string, std::string, std::uint32_t>, std::uint32_t> by_place_;
  std::vector<VariablesReport::Variable> variables_;
  std::uint64_t read_count_ = 0;
};

}  // namespace heaptape
