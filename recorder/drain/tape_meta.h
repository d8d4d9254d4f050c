// What a tape says in its beginning about the process it records.
#pragma once

#include "format/tape.h"
#include "recorder/mapping.h"

namespace heaptape {

// All but the number of the image and the time of its start.
Meta meta_of(const MappingHeader& header, const ProcessEntry& process, bool forked);

}  // namespace heaptape
