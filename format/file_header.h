// The fixed first and last bytes of a tape.
//
// Header: magic 8 bytes, major u16, minor u16, header bytes u32, XXH3-64 u64 of all before it. Later
// versions may add fields before the checksum, so it is always the header's last 8 bytes.
// Trailer: magic 8 bytes, offset of the index u64, bytes of the whole tape u64, XXH3-64 u64.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "format/block.h"
#include "format/tape.h"

namespace heaptape {

inline constexpr std::size_t kHeaderBytes = 24;
inline constexpr std::size_t kMinorOffset = 10;
inline constexpr std::size_t kTrailerBytes = 32;

std::array<std::uint8_t, kHeaderBytes> make_header() noexcept;
// Answers where the first block begins. Throws TapeError; `path` is for its sentence.
std::uint64_t check_header(Bytes file, const std::string& path);

std::array<std::uint8_t, kTrailerBytes> make_trailer(std::uint64_t index_offset, std::uint64_t tape_bytes) noexcept;
// Offset of the index, if a whole trailer lies at `offset` and is the last of the file.
std::optional<std::uint64_t> trailer_at(Bytes file, std::uint64_t offset) noexcept;
// Whether the file ends inside something that began as a trailer.
bool is_torn_trailer(Bytes tail) noexcept;

}  // namespace heaptape
