// Where names of code are looked for, beside the paths that a tape has recorded.
#pragma once

#include <string>
#include <vector>

namespace heaptape {

struct SymbolSources {
  std::string sysroot;                   // the recorded paths lie below it; empty: below /
  std::vector<std::string> debug_paths;  // folders of binaries and debug files, by build-id (.build-id/ab/cdef) or name
  bool debuginfod = false;               // ask the servers of DEBUGINFOD_URLS for what is not found
  bool cache = true;                     // keep names for the next time, see symbol_cache.h
};

}  // namespace heaptape
