// Reports as files of other tools. Each format is a view of figures that the reports show too: a writer, a file.
//
// All throw TapeError only. Names from the tape are untrusted: each writer cleans or quotes them as its format asks.
#pragma once

#include <string>
#include <vector>

#include "analyzer/json.h"
#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "analyzer/stack_profile.h"

namespace heaptape {

// Summary, peaks, leaks and top as one document, heaptape.export. A part of the run has no summary, an instant no peaks
// either.
Json export_json(const TapeReader& tape, const Selection& selection, Cost cost, Symbols& symbols);

// A line per site and all its costs (of an instant what was live), RFC 4180, the first line names the columns.
std::string to_csv(const TopReport& report);

// A line per stack with the columns of its site and another one, `stack`, as it is folded; what costs most first. Sums
// over a site's lines are the line that it has without stacks.
std::string to_csv(const StackProfile& profile, Cost cost);

// What stacks are called: "main;load;read", outermost frame first, inlined ones included.
class FoldedNames {
 public:
  explicit FoldedNames(const StackProfile& profile);
  std::string of(const StackProfile::Stack& stack) const;

 private:
  std::vector<std::string> names_;  // by frame: what it adds
};

// Folded stacks of one cost for flame graphs: "main;load;read 4096", a line per distinct one, outermost frame first.
std::string to_folded(const StackProfile& profile, Cost cost);

// speedscope's file format, a profile per cost, that of `cost` shown first; of an instant one alone.
std::string to_speedscope(const StackProfile& profile, Cost cost);

// profile.proto as pprof reads it, compressed with gzip. `cost`: which sample type is shown first.
std::string to_pprof(const StackProfile& profile, Cost cost);

// massif's text: a snapshot per step of the curve, and that of the peak with its tree of calls. `timeline` and
// `profile` are of one tape and layer.
std::string to_massif(const TimelineReport& timeline, const StackProfile& profile);

// What is lost, sampled or cut, in one line for a format's comment: "; " between sentences. Empty: nothing is.
std::string caveats_in_line(const std::vector<Caveat>& caveats);
// `text` with a blank for every control character and for each of `taken`, which the format has a use of its own for.
std::string cleaned(std::string text, std::string_view taken = "");

}  // namespace heaptape
