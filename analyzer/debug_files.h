// Where a binary and its separate debug file may lie on this machine.
#pragma once

#include <string>
#include <vector>

#include "analyzer/symbol_sources.h"

namespace heaptape {

// Best first; none need exist. `path`: as recorded. `build_id`: in hex, or empty.
std::vector<std::string> places_of_binary(const std::string& path, const std::string& build_id,
                                          const SymbolSources& sources);
// `link`: what the binary's .gnu_debuglink names; empty: its own name with .debug behind it.
std::vector<std::string> places_of_debug_file(const std::string& path, const std::string& build_id,
                                              const SymbolSources& sources, const std::string& link = "");

// Of what several debug files share (dwz's .gnu_debugaltlink). `link`: as `debug_file` names it; `build_id`: its own.
std::vector<std::string> places_of_alternate(const std::string& debug_file, const std::string& link,
                                             const std::string& build_id, const SymbolSources& sources);

}  // namespace heaptape
