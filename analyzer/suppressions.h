// Leaks that are known and accepted: a file as LeakSanitizer reads it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/reports.h"

namespace heaptape {

// Whether it holds of some part of the text: * stands for anything, ^ in front and $ behind for its ends. Of an empty
// text none does. As the sanitizers' own patterns.
bool matches_suppression(std::string_view pattern, std::string_view text);

class Suppressions {
 public:
  Suppressions() = default;
  // Lines of "leak:PATTERN"; empty ones and those that begin with # are passed over. Throws std::invalid_argument for
  // any other: its number, and what it says.
  explicit Suppressions(std::string_view text);

  const std::vector<std::string>& patterns() const { return patterns_; }
  // Index of the first pattern that holds of a function, a source file or a module of some frame; -1: none does.
  int find(const std::vector<Location>& frames) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace heaptape
