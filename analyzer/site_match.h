// Which sites of two runs are the same place in the code, though built at other times.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heaptape {

// A site as it is matched. `weight` breaks ties: the heaviest of several alike are paired first.
struct SiteName {
  std::string function;  // demangled
  std::string module;    // "*" for the executable
  std::string file;      // base name; empty if unknown
  std::uint64_t weight = 0;
};

enum class MatchKind : std::uint8_t {
  exact,    // function, module and file
  renamed,  // the same by its normalised name: other template arguments, parameters, clone …
  moved,    // the same function in another module or file
};

struct SiteMatch {
  std::size_t before = 0, after = 0;  // indices
  MatchKind kind = MatchKind::exact;
};

// The symbol paths of a site, as RunFigures gives them. Asked for only where names alone leave a choice.
using PathsOf = std::function<std::vector<std::uint64_t>(std::size_t index)>;

// Each site is in one match at most. Exact names first; then normalised ones, where there is a choice those that share
// most symbol paths, then by weight; then moved functions. What is in no match is new, or gone.
std::vector<SiteMatch> match_sites(const std::vector<SiteName>& before, const std::vector<SiteName>& after,
                                   const PathsOf& paths_before, const PathsOf& paths_after);

}  // namespace heaptape
