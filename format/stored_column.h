// Columns of varints in a FlatBuffer: how they are made, and how they are read.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "format/block.h"
#include "format/varint.h"

namespace heaptape {

using StoredColumn = flatbuffers::Vector<std::uint8_t>;

inline Bytes bytes_of(const StoredColumn* column) {
  return column == nullptr ? Bytes{} : Bytes{column->data(), column->size()};
}

// Unsigned values and differences may follow each other in one column.
class ColumnEncoder {
 public:
  void put(std::uint64_t value) {
    std::uint8_t coded[kMaxVarintBytes];
    bytes_.insert(bytes_.end(), coded, put_varint(coded, value));
  }
  void put_delta(std::uint64_t value) {
    put(zigzag(value - last_));
    last_ = value;
  }
  auto vector(flatbuffers::FlatBufferBuilder& builder) const { return builder.CreateVector(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint64_t last_ = 0;
};

class DeltaCursor {
 public:
  explicit DeltaCursor(const StoredColumn* column) : bytes_(bytes_of(column).size()), cursor_(bytes_of(column)) {}
  std::uint64_t next() { return cursor_.next(); }
  std::uint32_t next_id() { return static_cast<std::uint32_t>(std::min<std::uint64_t>(next(), UINT32_MAX)); }
  std::uint64_t next_delta() { return last_ += unzigzag(next()); }
  // Each value has a byte at least: more values than bytes are none.
  bool may_hold(std::uint64_t values) const { return values <= bytes_; }
  bool consumed() const { return cursor_.consumed(); }
  bool failed() const { return cursor_.failed(); }

 private:
  std::size_t bytes_;
  VarintCursor cursor_;
  std::uint64_t last_ = 0;
};

}  // namespace heaptape
