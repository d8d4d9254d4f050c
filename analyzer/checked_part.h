// One layer of a tape, or of a range of it, as budgets see it: its figures, the part of each that is allowed for, and
// the sites behind.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analyzer/budget.h"
#include "analyzer/check.h"
#include "analyzer/function_stacks.h"
#include "analyzer/mark_growth.h"
#include "analyzer/run_figures.h"

namespace heaptape {

class CheckedPart {
 public:
  // `range`: its name in the budget; empty: the whole run. All but that and the selection must outlive this.
  CheckedPart(const TapeReader& tape, Selection selection, std::string range, Symbols& symbols,
              FunctionStacks& functions, std::span<const Allowance> allowances);
  CheckedPart(const CheckedPart&) = delete;
  CheckedPart& operator=(const CheckedPart&) = delete;

  struct Value {
    std::uint64_t all = 0, allowed = 0;
    std::string why_unknown;  // it may be more than that; empty: it is not
    std::string remark;       // on a value that is as it is
  };
  // `name`: of a function; of a mark, or where it is empty it becomes the mark that grows most. Throws CheckError.
  Value value(Figure figure, std::string& name);
  // With what is allowed left out; largest first.
  std::vector<CheckReport::Share> sites(Figure figure, const std::string& name, std::size_t most);
  bool is_damaged() const { return is_damaged_; }
  RunFigures& run() { return run_; }

 private:
  // Shows each stack with some of the figure (of `allocations_in`: and with the function `name` in it), what it has of
  // it, and whether that is allowed for.
  template <class Take>
  void for_each_cost(Figure figure, const std::string& name, const Take& take);
  bool is_allowed(std::size_t stack, Figure figure);
  std::uint64_t cost_of(std::size_t stack, Figure figure) const;
  Value growth(std::string& mark) const;
  void require_marks(const std::string& mark) const;
  std::vector<CheckReport::Share> grown_sites(const std::string& mark, std::size_t most) const;

  const TapeReader* tape_;
  Selection selection_;
  std::string range_;
  Symbols* symbols_;
  FunctionStacks* functions_;
  std::span<const Allowance> allowances_;
  MarkGrowthPass growth_;
  RunFigures run_;
  bool is_damaged_ = false;
};

}  // namespace heaptape
