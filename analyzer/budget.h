// What a run may cost: a budget in TOML, as a project keeps it beside its code.
//
//   peak = "64 MiB"                 # of layer program; [layer.all] has the same keys for another one
//   live_at_end = 0
//   [allocations_in]
//   "Renderer::draw" = 0            # in this function and what it calls
//   [growth_per_mark]
//   "request" = "1 KiB"             # live bytes from one mark to the next, on average
//   [[range]]                       # the same keys for a part of the run, as `top --from --to` shows it
//   name = "serving"
//   from = "mark:load"
//   to = "end"
//   layer = "all"
//   allocations = 100
//   [tolerance]                     # towards a baseline
//   peak = "5 %"
//   [[allow]]                       # does not count, up to and with that day
//   function = "load_settings"
//   until = 2027-01-31
//   reason = "issue 12"
//   for = ["live_at_end"]           # these figures, of these ranges; all where it is left out
//   ranges = ["serving"]
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/instant.h"
#include "analyzer/reports.h"

namespace heaptape {

enum class Figure : std::uint8_t {
  peak = 0,
  live_at_end,
  leaked,  // live at the end, the runtime's residue apart
  allocations,
  allocated,  // bytes
  temporary,
  allocations_in,   // a function, and what it calls
  growth_per_mark,  // bytes live at a mark more than at the one before of its name, on average
};
inline constexpr int kFigures = 8;
const char* name_of(Figure figure);
bool is_bytes(Figure figure);
bool has_names(Figure figure);  // a limit for each function, or mark
std::optional<Figure> figure_called(std::string_view word);
inline constexpr double kMostBudgetBytes = 0x1p62;

// A part of the run with limits of its own, or, without any, to be compared with a baseline.
struct BudgetRange {
  std::string name;                 // "serving"; if it was given none "mark:load to end"
  std::optional<Instant> from, to;  // one of them at least
  Layer layer = Layer::program;
  std::string place;  // in the file, for sentences: "budget.toml, line 12"
};

struct Limit {
  std::optional<std::size_t> range;  // in Budget::ranges; empty: the whole run
  Layer layer = Layer::program;
  Figure figure = Figure::peak;
  std::string name;        // of the function, or of the mark; empty: of each mark that comes twice
  std::uint64_t most = 0;  // bytes, or a count
};

// What stacks with that function in them cost does not count.
struct Allowance {
  std::string function, reason;
  std::chrono::year_month_day until;  // the last day
  std::vector<Figure> figures;        // that it is for; empty: all
  std::vector<std::string> ranges;    // of which it holds, by name; empty: of all, and of the whole run
  // `range`: its name; empty: the whole run.
  bool is_for(Figure figure, const std::string& range) const;
};

struct Tolerance {
  enum class Kind : std::uint8_t { learnt, absolute, percent };
  Kind kind = Kind::learnt;    // by how much the baseline's runs differ among each other
  std::uint64_t absolute = 0;  // bytes, or a count
  double percent = 0;
  // "learnt", "5 %", and for a figure an amount. Answers what is wrong; empty: it was taken.
  std::string take(const std::string& word, std::optional<Figure> figure);
};

struct Tolerances {
  Tolerance general;
  std::map<Figure, Tolerance> special;
  const Tolerance& of(Figure figure) const;
  // "learnt", "5%", "5 %" for all; "peak=64KiB", "allocations=100" for one. Throws BudgetError.
  void take(const std::string& words);
};

struct Budget {
  std::vector<Limit> limits;  // the whole run's first, then range by range
  std::vector<BudgetRange> ranges;
  std::vector<Allowance> allowances;
  Tolerances tolerances;
};

// what() is one sentence, with the line.
class BudgetError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `name`: of the file, for sentences. Throws BudgetError: no TOML, an unknown key, an impossible value.
Budget parse_budget(const std::string& toml, const std::string& name);

// Whether a budget's word means the function: its whole demangled name, as people write it, or the qualified name
// without template arguments and parameters.
bool is_function(const std::string& word, const std::string& demangled);

}  // namespace heaptape
