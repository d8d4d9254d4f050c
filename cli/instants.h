// Parts of a tape's time line on the command line: --from and --to, and ranges of numbers.
#pragma once

#include <cstdint>
#include <string>

#include "analyzer/instant.h"
#include "cli/arguments.h"

namespace heaptape::cli {

// As instant_in() takes it. Throws BadValue.
Instant to_instant(const std::string& word);

// [begin, end)
struct Range {
  std::uint64_t begin = 0, end = UINT64_MAX;
};
// "1000..2000": either may be missing. Throws BadValue.
Range to_range(const std::string& word);

// What is asked for by --from and --to.
struct Span {
  Instant from;
  Instant to{.kind = Instant::Kind::end};
};
// How many of the tape's events lie before it, as events_before() tells. Throws Failure.
std::uint64_t place_of(const TapeReader& tape, const Instant& instant, Layer layer);
void add_span(Arguments& arguments, Span& span);
// In numbers of the tape's events. Throws Failure.
Range events_of(const TapeReader& tape, const Span& span, Layer layer);

}  // namespace heaptape::cli
