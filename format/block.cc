#include "format/block.h"

#include <xxhash.h>
#include <zstd.h>

#include "format/little_endian.h"

namespace heaptape {
namespace {

constexpr std::size_t kCheckedHeaderBytes = 16;

// An index lists distinct offsets and growing totals, which never pack better than this.
constexpr std::uint64_t kMaxIndexRatio = 256;
constexpr std::uint64_t kFreeIndexBytes = 1u << 20;
// What is live can be as regular as one likes: the writer pads an aggregate that packs better.
constexpr std::uint64_t kFreeAggregateBytes = 16u << 20;

// The header's hash seeds the payload's, so that one value covers both.
std::uint64_t checksum(const std::uint8_t* header, Bytes payload) noexcept {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(header, kCheckedHeaderBytes));
}

}  // namespace

void seal_block(std::uint8_t* header, BlockKind kind, std::uint32_t raw_bytes, Bytes payload) noexcept {
  store_le(header, kBlockMagic);
  store_le(header + 4, static_cast<std::uint32_t>(kind));
  store_le(header + 8, static_cast<std::uint32_t>(payload.size()));
  store_le(header + 12, raw_bytes);
  store_le(header + 16, checksum(header, payload));
}

std::optional<StoredBlock> block_at(Bytes file, std::uint64_t offset) noexcept {
  if (offset > file.size() || file.size() - offset < kBlockHeaderBytes) return std::nullopt;
  const std::uint8_t* header = file.data() + offset;
  if (load_le<std::uint32_t>(header) != kBlockMagic) return std::nullopt;
  const StoredBlock block{offset, BlockKind{load_le<std::uint32_t>(header + 4)}, load_le<std::uint32_t>(header + 8),
                          load_le<std::uint32_t>(header + 12)};
  if (block.stored_bytes > file.size() - offset - kBlockHeaderBytes) return std::nullopt;
  return block;
}

bool checksum_holds(Bytes file, const StoredBlock& block) noexcept {
  const std::uint8_t* header = file.data() + block.offset;
  return load_le<std::uint64_t>(header + 16) == checksum(header, {header + kBlockHeaderBytes, block.stored_bytes});
}

bool is_plausible(const StoredBlock& block) {
  if (block.raw_bytes > max_raw_bytes(block.kind)) return false;
  if (block.kind != BlockKind::index && block.kind != BlockKind::aggregate) return true;
  return block.raw_bytes <= (block.kind == BlockKind::index ? kFreeIndexBytes : kFreeAggregateBytes) +
                                kMaxIndexRatio * std::uint64_t{block.stored_bytes};
}

bool decompress(Bytes file, const StoredBlock& block, RawBlock& raw, std::string_view& reason) {
  reason = "declares an impossible size";
  if (!is_plausible(block)) return false;
  std::uint8_t* const to = raw.make_room(block.raw_bytes);
  const std::uint8_t* payload = file.data() + block.offset + kBlockHeaderBytes;
  const std::size_t size = ZSTD_decompress(to, block.raw_bytes, payload, block.stored_bytes);
  reason = "can't be decompressed";
  if (ZSTD_isError(size) || size != block.raw_bytes) return false;
  reason = {};
  return true;
}

}  // namespace heaptape
