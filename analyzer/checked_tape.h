// A tape as budgets see it: its layers and ranges, each read when it is first asked for.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
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
              const SymbolSources& sources)
      : tape_(&tape), ranges_(ranges), allowances_(allowances), symbols_(tape, sources) {}
  CheckedTape(const CheckedTape&) = delete;
  CheckedTape& operator=(const CheckedTape&) = delete;

  const TapeReader& tape() const { return *tape_; }
  // Lives as long as this. Throws NoSuchRange.
  CheckedPart& part(Range range, Layer layer);
  // By allowance, whether some part meets it.
  std::vector<bool> allowances_met() const;
  // Call when all parts have been asked for what they are to tell.
  std::vector<Caveat> caveats() const;

 private:
  std::unique_ptr<CheckedPart> read(Range range, Layer layer);

  const TapeReader* tape_;
  std::span<const BudgetRange> ranges_;
  std::span<const Allowance> allowances_;
  Symbols symbols_;
  std::map<std::pair<Range, Layer>, std::unique_ptr<CheckedPart>> parts_;
};

}  // namespace heaptape
