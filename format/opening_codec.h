// An opening as a block: the state in columns, in order of address, thread and stack.
#pragma once

#include <string_view>

#include "format/block.h"
#include "format/definitions.h"
#include "format/opening.h"

namespace flatbuffers {
class FlatBufferBuilder;
}

namespace heaptape {

class Sealer;

// `padding`: bytes that don't compress, without meaning.
void encode_opening(flatbuffers::FlatBufferBuilder& builder, const Opening& opening, std::size_t padding = 0);
// With padding where it would pack better than a block may.
void encode_whole_opening(Sealer& sealer, flatbuffers::FlatBufferBuilder& builder, const Opening& opening);
// Checks every id, and that what is live adds up to the totals. False: `reason` says what is wrong.
[[nodiscard]] bool decode_opening(Bytes raw, const Definitions& definitions, Opening& opening,
                                  std::string_view& reason);

}  // namespace heaptape
