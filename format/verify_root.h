// FlatBuffers from a file, verified before use. For the .cc files of this folder only.
#pragma once

#include "format/block.h"
#include "tape_generated.h"

namespace heaptape {

// The root table, or null if some offset or size inside leads outside the buffer. Depth and number
// of tables are bounded: a few nested tables are all that a block needs.
template <typename Table>
const Table* verify_root(Bytes raw) {
  constexpr flatbuffers::uoffset_t kMaxDepth = 8;
  constexpr flatbuffers::uoffset_t kMaxTables = 1u << 18;
  flatbuffers::Verifier verifier(raw.data(), raw.size(), kMaxDepth, kMaxTables);
  if (!verifier.VerifyBuffer<Table>(nullptr)) return nullptr;
  return flatbuffers::GetRoot<Table>(raw.data());
}

// FlatBuffers' verifier looks only whether the length of a list, and a struct inside a table, is aligned for four bytes.
// True also for what is not there, and for empty lists, whose place is anywhere.
template <typename Item>
bool is_aligned(const flatbuffers::Vector<Item>* list) {
  return list == nullptr || list->size() == 0 || reinterpret_cast<std::uintptr_t>(list->Data()) % 8 == 0;
}
template <typename Struct>
bool is_aligned(const Struct* place) {
  return reinterpret_cast<std::uintptr_t>(place) % alignof(Struct) == 0;
}

}  // namespace heaptape
