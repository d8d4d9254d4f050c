// The calls that lead to an allocation, as trees of calls are made of.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

struct CallStep {
  const Location* location = nullptr;  // lives as long as the Symbols
  bool in_program = false;             // not in a system library
};

// Innermost first. At most `deepest` steps: one more stands for the callers that are left out.
std::vector<CallStep> call_path_of(const TapeReader& tape, Symbols& symbols, StackId stack, std::size_t deepest);

// The way up starts at the site, the way down ends with what the site called: the layers of std:: beneath that, and
// the allocator, are the same everywhere.
void drop_runtime(std::vector<CallStep>& path, TreeReport::Direction direction);

// Numbers functions: calls from different lines of one function are calls of one.
class FunctionNumbers {
 public:
  std::uint32_t of(const Location& location);

 private:
  std::unordered_map<const Location*, std::uint32_t> known_;
  std::map<std::tuple<std::string, std::string, std::string>, std::uint32_t> by_name_;
};

}  // namespace heaptape
