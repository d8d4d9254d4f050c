// What the variables marked with HEAPTAPE_TRACK owned over time.
//
// Ownership is known where it was read: at HEAPTAPE_TRACK, HEAPTAPE_RETRACK, at marks of the same thread, and at the
// end of the scope. Between two readings it is inferred, and marked so: a block that is released is owned no more, and
// where its site has just made a larger one on the variable's thread, that one took its place, as a vector's new buffer
// does. The next reading confirms that or not; both are counted. Layer `user` and the summary go by readings alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

struct VariablesReport {
  enum class How : std::uint8_t { tracked, read, mark, scope_end, released, replaced };  // the last two are inferred

  // What a scope's variable owned from here to the next point.
  struct Point {
    std::uint64_t time_ns = 0;
    std::uint64_t blocks = 0, bytes = 0;
    std::uint64_t use_count = 0;  // 0: sole owner by type
    How how = How::read;
    std::string mark;  // its name, if `how` is that
    bool is_inferred() const { return how == How::released || how == How::replaced; }
  };

  // Blocks that one variable was the first to reach, and another one reached too.
  struct Shared {
    std::string owner;
    std::uint32_t owner_scope = 0;
    std::uint64_t blocks = 0, bytes = 0;  // at the reading that found most bytes
  };

  struct Scope {
    std::uint32_t scope = 0;
    std::string thread;
    std::uint64_t address = 0;
    std::uint64_t begin_ns = 0;
    std::optional<std::uint64_t> end_ns;  // empty: still in scope when the tape ended
    std::uint64_t blocks = 0, bytes = 0;  // ever owned, by readings; in a range: found by one for the first time
    std::uint64_t peak_bytes = 0, peak_blocks = 0;  // most at once; inferred ones too
    bool peak_is_inferred = false;
    std::uint64_t max_use_count = 0;
    std::vector<Point> history;  // in order of time; at most kMostPoints
    std::uint64_t points_left_out = 0;
    std::vector<Shared> shared;
  };

  // A place marked with HEAPTAPE_TRACK, and all its scopes.
  struct Variable {
    std::string name, type, file;
    std::uint32_t line = 0;
    std::uint64_t size = 0;                         // of the variable itself
    std::uint64_t scopes = 0, open = 0;             // of these, still in scope at the end
    std::uint64_t blocks = 0, bytes = 0;            // sums over the scopes
    std::uint64_t peak_bytes = 0, peak_blocks = 0;  // of the scope that owned most at once
    std::uint64_t max_use_count = 0;
    std::uint64_t inferred = 0,
                  confirmed = 0;  // blocks that took another one's place; of these, found by the next reading
    std::vector<Scope> details;   // of its first scopes, at most kMostScopes
  };

  static constexpr std::size_t kMostPoints = 256;
  static constexpr std::size_t kMostScopes = 32;
  static constexpr std::size_t kMostShared = 16;

  SelectionReport selection;
  std::string program, command;
  std::uint64_t duration_ns = 0;    // where the range ends
  std::vector<Variable> variables;  // in order of their first scopes
  std::vector<Caveat> caveats;
};

const char* name_of(VariablesReport::How how);

// Reads the events once. Held: live blocks, and what the report has. Of a range: which scopes were open in it, what
// they owned where it began and what became of that. Which blocks were chosen makes no difference; an instant has no
// range.
VariablesReport variables(const TapeReader& tape, const Selection& selection, Symbols& symbols);
VariablesReport variables(const TapeReader& tape, Symbols& symbols);

}  // namespace heaptape
