// Inputs that a fuzzer begins with: what writers make, small.
#pragma once

#include <string>
#include <vector>

#include "tests/format/tape_folder.h"

namespace heaptape::fuzz {

// Of the target of that name.
std::vector<FileBytes> seeds(const std::string& target);

}  // namespace heaptape::fuzz
