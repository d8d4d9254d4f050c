// Which blocks the variables marked with HEAPTAPE_TRACK came to own.
// For whom a block counts, owners.h says.
#pragma once

#include <unordered_map>
#include <vector>

#include "analyzer/membership.h"
#include "analyzer/owners.h"
#include "analyzer/replay.h"
#include "analyzer/reports.h"

namespace heaptape {

class ClaimsPass : public Pass {
 public:
  explicit ClaimsPass(const TapeReader& tape) : tape_(&tape) {}

  void opened(const Opening& opening) override { owners_.opened(opening); }
  void coming(std::span<const Event> events, std::uint64_t before) override { owners_.coming(events, before); }
  void born(const Block& block, Moment) override { owners_.born(block); }
  void ended(const Block& block, Fate, Moment now) override { owners_.ended(block, now); }
  void restored(const Block& block, Fate, Moment now) override { owners_.restored(block, now); }
  void other(const Event& event, Moment) override;

  // In the order in which scopes began.
  const std::vector<VariableReport>& variables() const { return variables_; }
  // Birth events of all owned blocks, in rising order.
  std::vector<std::uint64_t> owned() const;

 private:
  // The newest scope of its number.
  struct Known {
    std::size_t variable = 0;  // index into variables_
    std::uint64_t reading = 0;
  };

  void begin(const Event& event);
  void read(std::uint32_t scope);
  void claim(const Event& event);
  Known* find(std::uint32_t scope);

  const TapeReader* tape_;
  Owners owners_;
  std::unordered_map<std::uint32_t, Known> by_scope_;
  std::vector<std::uint64_t> owned_;
  std::vector<VariableReport> variables_;
};

// The layer's blocks; for `user` by a reading of the tape of its own.
Membership membership_of(const TapeReader& tape, Layer layer);

}  // namespace heaptape
