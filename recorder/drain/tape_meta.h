// What a mapping says of the program that fills it, as its tape keeps it.
#pragma once

#include "format/tape.h"
#include "format/writer.h"
#include "recorder/mapping.h"

namespace heaptape {

// All but its place in the session, the number of the image and the time of its start.
Meta meta_of(const MappingHeader& header, const ProcessEntry& process, bool forked);
// How a tape is written that must stay below its limit, if it has one.
WriterOptions limits_of(const Meta& meta);

}  // namespace heaptape
