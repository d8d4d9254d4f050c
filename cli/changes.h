// Changes as people read them, in tables and in Markdown alike.
#pragma once

#include <string>

#include "analyzer/diff.h"

namespace heaptape::cli {

// "peak", "live at end", "allocations" …
const char* title_of_cost(Cost cost);
// "+1.21 MiB", "-12", "0"
std::string signed_amount(Cost cost, const Change& change);
// "+24 %", "-100 %"; "new" where there was nothing before, empty where nothing changed.
std::string percent_of(const Change& change);
// "4.00 MiB", of several runs "4.00 MiB (3.99 MiB to 4.10 MiB)"
std::string spread_text(Cost cost, const Spread& spread, const std::optional<Margins>& margins = std::nullopt);
// A lifetime of one side: "12.3 ms"; "<10.0 µs" where the clock can't tell more, "–" where nothing was released.
std::string lifetime_text(const Spread& lifetime, std::uint64_t clock_step_ns);
// "+4.20 ms", "0"; empty where a side has none.
std::string signed_lifetime(const Change& change);
// "12 to 400": allocations between birth and release, before and now.
std::string distance_text(const Change& change);
// "+1.21 MiB·s"
std::string signed_byte_time(const Change& byte_ms);
// "new", "gone", "moved", "renamed"; empty for one that stayed.
std::string word_of(DiffReport::State state);
// Where the site is, and where it was: "cache.cc:12, before store.cc".
std::string place_text(const DiffReport::Site& site);
// The sites that changed by the report's cost; the rest is counted.
struct ChangedSites {
  std::vector<const DiffReport::Site*> shown;
  std::size_t left_out = 0;             // beyond the limit
  std::size_t otherwise = 0;            // changed by other costs alone
  std::uint64_t grown = 0, shrunk = 0;  // what those beyond the limit changed by
};
ChangedSites changed_sites(const DiffReport& report, std::size_t limit);
// What a table of sites does not show, a sentence each.
std::vector<std::string> unshown(const DiffReport& report, const ChangedSites& sites);
// "base.tape", "base-1.tape and 4 more runs"
std::string runs_text(const std::vector<DiffReport::Run>& runs);

}  // namespace heaptape::cli
