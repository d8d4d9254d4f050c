// Compression as gzip does it, for formats that ask for it.
#pragma once

#include <string>
#include <string_view>

namespace heaptape {

// The same bytes give the same answer: no time, no name. Throws std::bad_alloc.
std::string gzipped(std::string_view bytes);

}  // namespace heaptape
