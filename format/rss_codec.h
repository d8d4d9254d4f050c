// Samples of the resident set as a block: two columns of zigzag deltas.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "format/block.h"
#include "format/tape.h"

namespace flatbuffers {
class FlatBufferBuilder;
}

namespace heaptape {

inline constexpr std::uint32_t kMaxRssSamplesPerBlock = 1u << 16;

void encode_rss(flatbuffers::FlatBufferBuilder& builder, std::span<const RssSample> samples);
// Appends the block's samples. False: it is malformed, and nothing was appended.
[[nodiscard]] bool decode_rss(Bytes raw, std::vector<RssSample>& samples, std::string_view& reason);

// Every second sample goes, the smaller of each pair.
void thin(std::vector<RssSample>& samples);

}  // namespace heaptape
