// A block as it lies in the file: a fixed header, then one zstd frame around one FlatBuffer.
//
// Layout (little-endian): magic u32, kind u32, stored bytes u32, raw bytes u32, checksum u64, then
// the stored bytes. The checksum is their XXH3-64, seeded with the XXH3-64 of the 16 bytes before it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "format/large_memory.h"

namespace heaptape {

inline constexpr std::uint32_t kBlockMagic = 0x4b4c'4248;  // "HBLK"
inline constexpr std::size_t kBlockHeaderBytes = 24;

// Readers skip kinds that they don't know.
enum class BlockKind : std::uint32_t { meta = 1, definitions, events, rss, index, aggregate, symbols };
inline constexpr BlockKind kLastBlockKind = BlockKind::symbols;

// Largest FlatBuffer in a block of the kind. What a reader allocates before it knows more.
constexpr std::uint32_t max_raw_bytes(BlockKind kind) {
  switch (kind) {
    case BlockKind::meta:
    case BlockKind::definitions:
      return 8u << 20;
    case BlockKind::rss:
      return 4u << 20;
    case BlockKind::events:
    case BlockKind::symbols:
      return 64u << 20;
    case BlockKind::index:
    case BlockKind::aggregate:
      return 1u << 30;
  }
  return 0;
}

struct StoredBlock {
  std::uint64_t offset = 0;  // of the header in the file
  BlockKind kind{};
  std::uint32_t stored_bytes = 0;
  std::uint32_t raw_bytes = 0;
  std::uint64_t end() const { return offset + kBlockHeaderBytes + stored_bytes; }
};

using Bytes = std::span<const std::uint8_t>;

// Writes the header of `payload` into the kBlockHeaderBytes before it.
void seal_block(std::uint8_t* header, BlockKind kind, std::uint32_t raw_bytes, Bytes payload) noexcept;

// The block whose header lies at `offset`, if one does and it ends inside the file. Not checked yet.
std::optional<StoredBlock> block_at(Bytes file, std::uint64_t offset) noexcept;
bool checksum_holds(Bytes file, const StoredBlock& block) noexcept;

// The FlatBuffer of a block, decompressed. Its room serves the next block, too.
class RawBlock {
 public:
  operator Bytes() const { return {bytes_.data(), size_}; }
  std::size_t size() const { return size_; }
  // Memory that a false size asks for is not touched before zstd writes it.
  std::uint8_t* make_room(std::size_t size) {
    if (size > bytes_.size()) bytes_ = LargeVector<std::uint8_t>(size);
    size_ = size;
    return bytes_.data();
  }

 private:
  LargeVector<std::uint8_t> bytes_;
  std::size_t size_ = 0;
};
// Whether a reader takes it to be possible.
bool is_plausible(const StoredBlock& block);
// False if sizes exceed their limits or the frame does not give exactly raw_bytes; `reason` says which.
[[nodiscard]] bool decompress(Bytes file, const StoredBlock& block, RawBlock& raw, std::string_view& reason);

}  // namespace heaptape
