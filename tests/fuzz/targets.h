// What a fuzzer calls with bytes that it made up: nothing that they hold may do more than be refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace heaptape::fuzz {

// Content of one block, as it is when decompressed; the first byte chooses what it is taken for.
void decode_block(std::span<const std::uint8_t> bytes);
// A whole file: read to the end, replayed, verified. The first byte: odd, then its checksums are made right before.
void read_tape(std::span<const std::uint8_t> bytes);
// A file of heaptrack's: refused, or made a tape that verifies.
void import(std::span<const std::uint8_t> bytes);

}  // namespace heaptape::fuzz
