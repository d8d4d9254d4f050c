// Whether runs keep to a budget, and to what a baseline cost.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/budget.h"
#include "analyzer/reports.h"
#include "analyzer/spread.h"
#include "analyzer/symbol_sources.h"
#include "format/reader.h"

namespace heaptape {

struct CheckReport {
  // `unknown`: within the limit, but the tape is cut, lossy or sampled, or its functions have no names: what is not on
  // it might exceed it.
  enum class Verdict : std::uint8_t { met, exceeded, unknown };
  struct Share {
    std::string label, detail;
    std::uint64_t now = 0;
    std::optional<std::uint64_t> before;  // towards a baseline, and where marks grew
  };
  struct Item {
    Limit limit;                     // of a baseline: with its tolerance
    std::string range;               // its name; empty: of the whole run
    std::optional<Spread> baseline;  // empty: the budget's
    std::uint64_t value = 0;         // as other reports show it
    std::uint64_t allowed = 0;       // the part of it that is allowed for
    Verdict verdict = Verdict::met;
    std::string why;           // of an unknown one, and what may be amiss with one that is met; may be empty
    std::vector<Share> sites;  // of an exceeded one: what makes it, largest first, at most kShares
    std::uint64_t judged() const { return value - allowed; }
  };
  struct Range {
    std::string name;
    SelectionReport selection;  // where it lies on the tape
  };
  struct Tape {
    std::string path, program, command;
    bool exact = true;
    std::vector<Item> items;
    std::vector<Range> ranges;
    std::vector<Caveat> caveats;
    Verdict verdict() const;
  };
  struct Allowed {
    Allowance allowance;
    bool expired = false;
    bool used = false;  // the function is on some tape
  };
  std::vector<Tape> tapes;
  std::vector<Allowed> allowances;
  std::vector<Caveat> caveats;  // of the baseline's tapes
  Verdict verdict() const;      // the worst: exceeded, then unknown
};
const char* name_of(CheckReport::Verdict verdict);
inline constexpr std::size_t kShares = 5;

struct CheckOptions {
  Layer layer = Layer::program;  // of what is compared with the baseline
  bool any_program = false;
  std::chrono::year_month_day today;
  SymbolSources symbols;
};

// A budget names what the tape does not have, or can't show. what() is one sentence.
class CheckError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `baseline` may be empty. Throws CheckError, DifferentPrograms and TapeError.
CheckReport check(std::span<const TapeReader> tapes, const Budget& budget, std::span<const TapeReader> baseline,
                  const CheckOptions& options);

}  // namespace heaptape
