#include "format/scan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "format/file_header.h"
#include "format/little_endian.h"

namespace heaptape {
namespace {

constexpr auto kMagicBytes = [] {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(kBlockMagic >> (8 * i));
  return bytes;
}();

std::optional<StoredBlock> whole_block_at(Bytes file, std::uint64_t offset) {
  const auto block = block_at(file, offset);
  return block && checksum_holds(file, *block) ? block : std::nullopt;
}

// A file full of magics with false sizes would have each of its bytes hashed again and again.
class SearchBudget {
 public:
  explicit SearchBudget(std::uint64_t file_bytes) : left_(4 * file_bytes + (64u << 20)) {}
  bool spend(std::uint64_t bytes) {
    left_ -= std::min(left_, bytes);
    return left_ != 0;
  }

 private:
  std::uint64_t left_;
};

std::optional<StoredBlock> find_block(Bytes file, std::uint64_t from, SearchBudget& budget) {
  while (from < file.size()) {
    const void* found = ::memmem(file.data() + from, file.size() - from, kMagicBytes.data(), kMagicBytes.size());
    if (found == nullptr) return std::nullopt;
    const auto offset = static_cast<std::uint64_t>(static_cast<const std::uint8_t*>(found) - file.data());
    if (const auto block = block_at(file, offset)) {
      if (!budget.spend(block->stored_bytes)) return std::nullopt;
      if (checksum_holds(file, *block)) return block;
    }
    from = offset + 1;
  }
  return std::nullopt;
}

// What lies at `offset` began as a block, and the file ends before it does.
bool is_torn_block(Bytes tail) {
  const std::size_t shared = std::min(tail.size(), kMagicBytes.size());
  if (!std::equal(tail.begin(), tail.begin() + static_cast<std::ptrdiff_t>(shared), kMagicBytes.begin())) return false;
  if (tail.size() < kBlockHeaderBytes) return true;
  return load_le<std::uint32_t>(tail.data() + 8) > tail.size() - kBlockHeaderBytes;
}

}  // namespace

Scan scan_blocks(Bytes file, std::uint64_t begin) {
  Scan scan;
  SearchBudget budget(file.size());
  const bool has_trailer = file.size() >= kTrailerBytes && trailer_at(file, file.size() - kTrailerBytes);
  for (std::uint64_t offset = begin; offset < file.size();) {
    if (const auto block = whole_block_at(file, offset)) {
      scan.blocks.push_back(*block);
      offset = block->end();
      continue;
    }
    if (has_trailer && offset == file.size() - kTrailerBytes) break;
    const auto next = find_block(file, offset + 1, budget);
    const Bytes tail = file.subspan(offset);
    if (!next && !has_trailer && (is_torn_block(tail) || is_torn_trailer(tail))) break;
    scan.damage.push_back(
        {offset, block_at(file, offset) ? "the block fails its checksum" : "no whole block begins here"});
    if (!next) break;
    offset = next->offset;
  }
  return scan;
}

}  // namespace heaptape
