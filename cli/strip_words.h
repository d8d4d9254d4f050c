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

}  // namespace heaptape::cli
