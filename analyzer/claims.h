// Which blocks the variables marked with HEAPTAPE_TRACK came to own.
//
// A block belongs to the first scope that reached it; a later one that reaches it too (a copy of a
// shared_ptr) shows the use count and owns nothing of its own by that.
#pragma once

#include <unordered_map>
#include <vector>

#include "analyzer/live_blocks.h"
#include "analyzer/membership.h"
#include "analyzer/replay.h"
#include "analyzer/reports.h"

namespace heaptape {

class ClaimsPass : public Pass {
 public:
  explicit ClaimsPass(const TapeReader& tape) : tape_(&tape) {}

  void opened(const Opening& opening) override { live_.open(opening); }
  void born(const Block& block, Moment) override { live_.add(block); }
  void ended(const Block& block, Fate, Moment) override { live_.remove(block); }
  void restored(const Block& block, Fate, Moment) override { live_.add(block); }
  void other(const Event& event, Moment) override;

  // In the order in which scopes began.
  const std::vector<VariableReport>& variables() const { return variables_; }
  // Birth events of all owned blocks, in rising order.
  std::vector<std::uint64_t> owned() const;

 private:
  struct Owner {
    std::uint32_t variable = 0;   // index into variables_
    std::uint64_t last_read = 0;  // number of the read that reached the block last
  };

  void begin(const Event& event);
  void read(std::uint32_t scope);
  void claim(const Event& event);
  VariableReport* variable_of(std::uint32_t scope);

  const TapeReader* tape_;
  LiveBlocks live_;
  std::unordered_map<std::uint32_t, std::uint32_t> by_scope_;
  std::unordered_map<std::uint64_t, Owner> owners_;         // by birth event
  std::unordered_map<std::uint32_t, std::uint64_t> reads_;  // number of the current read, by scope
  std::uint64_t read_count_ = 0;
  std::vector<VariableReport> variables_;
};

// The layer's blocks; for `user` by a reading of the tape of its own.
Membership membership_of(const TapeReader& tape, Layer layer);

}  // namespace heaptape
