// Looks at a command before it is run: can a preloaded library get into it at all?
#pragma once

#include <string>

namespace heaptape {

// Empty if nothing speaks against it, else one sentence: why it can't be recorded and what to do.
// A command that is not found or not an ELF file is left to exec.
std::string why_not_recordable(const std::string& command);

// Whether one of its executables calls an allocator by names of its own, such as mallocx.
bool asks_for_extended_names(const std::string& command);

}  // namespace heaptape
