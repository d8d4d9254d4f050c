#include "format/sealer.h"

#include <zstd.h>

#include <new>
#include <stdexcept>

#include "tape_generated.h"

namespace heaptape {

void Sealer::Free::operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }

Sealer::Sealer(TapeFile& file, int zstd_level) : file_(file), zstd_(ZSTD_createCCtx()) {
  if (!zstd_) throw std::bad_alloc();
  // Clamped by zstd to the levels that it has.
  ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_compressionLevel, zstd_level);
}

Bytes Sealer::pack(BlockKind kind, const flatbuffers::FlatBufferBuilder& builder) {
  const Bytes raw{builder.GetBufferPointer(), builder.GetSize()};
  if (raw.size() > max_raw_bytes(kind)) throw std::logic_error("a block outgrew the limit of its kind");
  const std::size_t needed = kBlockHeaderBytes + ZSTD_compressBound(raw.size());
  if (piece_.size() < needed) piece_.resize(needed);
  std::uint8_t* payload = piece_.data() + kBlockHeaderBytes;
  const std::size_t stored =
      ZSTD_compress2(zstd_.get(), payload, piece_.size() - kBlockHeaderBytes, raw.data(), raw.size());
  if (ZSTD_isError(stored)) throw std::runtime_error(ZSTD_getErrorName(stored));
  seal_block(piece_.data(), kind, static_cast<std::uint32_t>(raw.size()), {payload, stored});
  return {piece_.data(), kBlockHeaderBytes + stored};
}

std::optional<StoredBlock> Sealer::seal(BlockKind kind, const flatbuffers::FlatBufferBuilder& builder,
                                        std::uint64_t room) {
  if (file_.error_number() != 0) return std::nullopt;
  const Bytes piece = pack(kind, builder);
  if (piece.size() > room) return std::nullopt;
  const StoredBlock block{file_.bytes(), kind, static_cast<std::uint32_t>(piece.size() - kBlockHeaderBytes),
                          builder.GetSize()};
  if (!file_.append(piece)) return std::nullopt;
  return block;
}

}  // namespace heaptape
