// A good tape made bad in the ways that files go bad.
#pragma once

#include <string>

namespace heaptape::testing {

// All take and answer a tape's bytes.
std::string cut_in_half(const std::string& tape);
// One bit inside the first block of events; its index stays whole.
std::string with_damaged_events(const std::string& path);
// As a later format would write its header, its checksum right.
std::string of_newer_format(const std::string& tape);

}  // namespace heaptape::testing
