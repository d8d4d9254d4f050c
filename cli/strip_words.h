// What `pack --strip` takes away, in the words of the command line.
#pragma once

#include <string_view>
#include <utility>

#include "format/tape.h"

namespace heaptape::cli {

inline constexpr std::pair<std::string_view, Strip> kStripWords[] = {{"addresses", kStripAddresses},
                                                                     {"paths", kStripPaths},
                                                                     {"arguments", kStripArguments},
                                                                     {"variables", kStripVariables},
                                                                     {"host", kStripHost}};
// What `--keep sites` takes away beside addresses.
inline constexpr std::string_view kSitesLack = "callers and ages";

}  // namespace heaptape::cli
