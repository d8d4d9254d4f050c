// The report as one HTML page that needs nothing but a browser: no network, no other file.
//
// Names from the tape reach it inside JSON alone, with every character escaped that means something to HTML; scripts
// and styles are allowed by their hashes and nothing else is.
#pragma once

#include <cstddef>
#include <string>

#include "analyzer/run_report.h"

namespace heaptape {

inline constexpr std::size_t kLargestPage = 1'900'000;  // bytes

// `comparison` may be null. Same input, same bytes. Where the page would be larger than kLargestPage more is folded,
// and lists and names are cut.
std::string report_page(const RunReport& report, const RunComparison* comparison, const std::string& title);

// The parts of the page that come from files here.
struct PageParts {
  const char *html, *style, *script;
};
extern const PageParts kPageParts;

}  // namespace heaptape
