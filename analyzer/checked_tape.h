// A tape as budgets see it: its layers and ranges. Each is a reading, and what it found is held by whoever asked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "analyzer/budget.h"
#include "analyzer/checked_part.h"
#include "analyzer/symbols.h"

namespace heaptape {

// The tape has no such range. what() is one sentence, with the budget's line.
class NoSuchRange : public CheckError {
 public:
  using CheckError::CheckError;
};

class CheckedTape {
 public:
  // Empty: the whole run.
  using Range = std::optional<std::size_t>;  // in the budget's list

  // All must outlive this.
  CheckedTape(const TapeReader& tape, std::span<const BudgetRange> ranges, std::span<const Allowance> allowances,
              const SymbolSources& sources);
  CheckedTape(const CheckedTape&) = delete;
  CheckedTape& operator=(const CheckedTape&) = delete;

  const TapeReader& tape() const { return *tape_; }
  // The layer's whole run, or the range, which has a layer of its own. Takes some hundred bytes for each frame of the
  // tape. This must outlive it. Throws NoSuchRange.
  std::unique_ptr<CheckedPart> read(Range range, Layer layer);
  // Where it lies on the tape. Throws NoSuchRange.
  const SelectionReport& place_of(std::size_t range);
  // By allowance, whether its function is on the tape.
  const std::vector<bool>& allowances_met() const { return allowances_met_; }
  // Call when all parts have told what they are to tell.
  std::vector<Caveat> caveats() const;

 private:
  Selection selection_of(std::size_t range);

  const TapeReader* tape_;
  std::span<const BudgetRange> ranges_;
  std::span<const Allowance> allowances_;
  Symbols symbols_;
  FunctionStacks functions_;
  std::vector<bool> allowances_met_;
  std::map<std::size_t, SelectionReport> places_;  // of ranges that were asked for
  std::vector<Damage> unread_;                     // every reading finds the same
};

}  // namespace heaptape
