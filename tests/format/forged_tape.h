// Tapes that no writer makes: any content, its checksums valid.
#pragma once

#include <cstdint>
#include <functional>

#include "format/block.h"
#include "tape_generated.h"
#include "tests/format/tape_folder.h"

namespace heaptape {

class ForgedTape {
 public:
  ForgedTape();  // a good header, no block yet

  // Adds a block around `raw`, or around what `build` finishes. Answers its offset.
  std::uint64_t add(BlockKind kind, Bytes raw);
  std::uint64_t add(BlockKind kind, const std::function<void(flatbuffers::FlatBufferBuilder&)>& build);
  // The same, but the header claims `raw_bytes`.
  std::uint64_t add_claiming(BlockKind kind, Bytes raw, std::uint32_t raw_bytes);
  // One thread and what else the events of these tests refer to.
  void add_definitions();
  // Ends the tape; the index is the last block.
  void end(std::uint64_t index_offset);

  const FileBytes& bytes() const { return bytes_; }

 private:
  FileBytes bytes_;
};

}  // namespace heaptape
