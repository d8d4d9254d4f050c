// A column of values as it lies in a FlatBuffer: bytes, or nothing.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstdint>

#include "format/block.h"

namespace heaptape {

using StoredColumn = flatbuffers::Vector<std::uint8_t>;

inline Bytes bytes_of(const StoredColumn* column) {
  return column == nullptr ? Bytes{} : Bytes{column->data(), column->size()};
}

}  // namespace heaptape
