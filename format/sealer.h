// Turns FlatBuffers into blocks in the file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "format/block.h"
#include "format/tape_file.h"

typedef struct ZSTD_CCtx_s ZSTD_CCtx;
namespace flatbuffers {
class FlatBufferBuilder;
}

namespace heaptape {

class Sealer {
 public:
  Sealer(TapeFile& file, int zstd_level);

  // Compresses and appends what `builder` has finished. Null if it could not be written, or takes more than `room`.
  std::optional<StoredBlock> seal(BlockKind kind, const flatbuffers::FlatBufferBuilder& builder,
                                  std::uint64_t room = UINT64_MAX);
  // The same block, not appended. Valid until the next call.
  Bytes pack(BlockKind kind, const flatbuffers::FlatBufferBuilder& builder);

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const noexcept;
  };

  TapeFile& file_;
  std::unique_ptr<ZSTD_CCtx, Free> zstd_;
  std::vector<std::uint8_t> piece_;  // header and payload, kept for its capacity
};

}  // namespace heaptape
