#pragma once

#include <string>

namespace heaptape {

// The last part of a path.
inline std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace heaptape
