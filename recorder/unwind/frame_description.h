// Finds the description (CIE and FDE) of an address in a module's .eh_frame, by the sorted table in
// .eh_frame_hdr (LSB core specification, "Exception Frames").
#pragma once

#include "recorder/unwind/byte_reader.h"

namespace heaptape::unwind {

struct FrameDescription {
  std::uint64_t begin = 0, end = 0;  // code that it covers
  std::uint64_t code_alignment = 1;
  std::int64_t data_alignment = 1;
  std::uint8_t encoding = 0;  // of pointers to code
  ByteReader initial{nullptr, nullptr};
  ByteReader instructions{nullptr, nullptr};
};

// `header`: the module's .eh_frame_hdr in memory; `limit`: the end of the module's mapping.
bool find_description(const void* header, const void* limit, std::uint64_t address, FrameDescription& found) noexcept;

}  // namespace heaptape::unwind
