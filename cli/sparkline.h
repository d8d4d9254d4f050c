// Small drawings of characters, for a terminal.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "format/reader.h"

namespace heaptape::cli {

// A character for each level, as high as its share of `highest`; 0: of the highest of them. Without `unicode` of ASCII
// alone.
std::string sparkline(std::span<const std::uint64_t> levels, bool unicode, std::uint64_t highest = 0);

// A chart of `lines` lines, the topmost first: a column for each level, as high as its share of `highest`; what is not
// nothing is seen.
std::vector<std::string> column_chart(std::span<const std::uint64_t> levels, std::uint64_t highest, int lines,
                                      bool unicode);

// As long as the part of the whole, `columns` at most; what is not nothing is seen.
std::string bar(std::uint64_t part, std::uint64_t whole, int columns, bool unicode);

// The highest live bytes in each of `steps` equal steps of time, up to the last event. Of a tape with more than a
// million events they are as high as the blocks of events that they lie in, which its index tells. Empty for layer
// `user`.
std::vector<std::uint64_t> outline_of(const TapeReader& tape, Layer layer, std::size_t steps);

}  // namespace heaptape::cli
