// `Meta` as a FlatBuffer: in a block of its own at the beginning, and again in the index.
#pragma once

#include "format/tape.h"
#include "tape_generated.h"

namespace heaptape {

flatbuffers::Offset<fb::Meta> encode_meta(flatbuffers::FlatBufferBuilder& builder, const Meta& meta);
// `stored` is verified, and lies in a buffer of `raw_bytes`. False: its strings are longer than that.
[[nodiscard]] bool decode_meta(const fb::Meta& stored, std::size_t raw_bytes, Meta& meta);

}  // namespace heaptape
