// Names that somebody looks for, on the frames and the threads of a tape.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

// With *, ? or [ it is a glob that the whole name must match; else a part of the name.
bool matches(const std::string& pattern, std::string_view name);

// By stack: whether one of its frames, inlined ones included, lies in a function (as demangled), a source file (path)
// or a module (path) that one of the patterns matches. A glob may match the last part of a path alone. Empty if no
// frame of the tape does.
enum class FramePart { function, file, module };
std::vector<std::uint8_t> stacks_through(const TapeReader& tape, Symbols& symbols, FramePart part,
                                         const std::vector<std::string>& patterns);

// By thread: whether one of the words is its tid, its name, or a glob of its name. Empty if none is.
std::vector<std::uint8_t> threads_called(const TapeReader& tape, const std::vector<std::string>& words);

}  // namespace heaptape
