#pragma once

#include <string_view>

namespace heaptape {

// Whether a module is the system's rather than the program's: what layer `program` rests on.
inline bool is_system_path(std::string_view path) {
  if (path.find('/') == std::string_view::npos) return true;  // the vdso has no path
  for (const std::string_view folder : {"/lib/", "/lib32/", "/lib64/", "/usr/lib/", "/usr/lib32/", "/usr/lib64/"})
    if (path.starts_with(folder)) return true;
  return false;
}

}  // namespace heaptape
