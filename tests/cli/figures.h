// One figure, read out of each of the forms that a report takes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace heaptape::testing {

// "4.14 KiB (4,244 bytes) in 8 blocks", "148 bytes": the exact bytes. Fails the test if there are none.
std::uint64_t exact_bytes_in(const std::string& text);

// What stands between `begin` and `end`; empty if they don't.
std::string between(const std::string& text, const std::string& begin, const std::string& end);

// The layer's peak as each report and picture of the tape tells it, by the form's name.
std::map<std::string, std::uint64_t> peaks_everywhere(const std::string& tape, const std::string& layer);

}  // namespace heaptape::testing
