// Bits of the `frame_flags` column.
#pragma once

#include <cstdint>

namespace heaptape {

inline constexpr std::uint8_t kFrameInProgram = 1;
inline constexpr std::uint8_t kFrameTruncated = 2;

}  // namespace heaptape
