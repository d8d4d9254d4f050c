#include "tests/format/forged_tape.h"

#include <zstd.h>

#include "format/definitions_encoder.h"
#include "format/file_header.h"

namespace heaptape {

ForgedTape::ForgedTape() {
  const auto header = make_header();
  bytes_.assign(header.begin(), header.end());
}

std::uint64_t ForgedTape::add(BlockKind kind, Bytes raw) {
  return add_claiming(kind, raw, static_cast<std::uint32_t>(raw.size()));
}

std::uint64_t ForgedTape::add(BlockKind kind, const std::function<void(flatbuffers::FlatBufferBuilder&)>& build) {
  flatbuffers::FlatBufferBuilder builder;
  build(builder);
  return add(kind, {builder.GetBufferPointer(), builder.GetSize()});
}

std::uint64_t ForgedTape::add_claiming(BlockKind kind, Bytes raw, std::uint32_t raw_bytes) {
  FileBytes block(kBlockHeaderBytes + ZSTD_compressBound(raw.size()));
  const std::size_t stored =
      ZSTD_compress(&block[kBlockHeaderBytes], block.size() - kBlockHeaderBytes, raw.data(), raw.size(), 1);
  block.resize(kBlockHeaderBytes + stored);
  seal_block(block.data(), kind, raw_bytes, Bytes(block).subspan(kBlockHeaderBytes));
  const std::uint64_t offset = bytes_.size();
  bytes_.insert(bytes_.end(), block.begin(), block.end());
  return offset;
}

void ForgedTape::add_definitions() {
  add(BlockKind::definitions, [](flatbuffers::FlatBufferBuilder& builder) {
    DefinitionsEncoder encoder;
    encoder.add(Thread{1, "main"});
    encoder.add("a mark");
    encoder.add(Frame{});
    encoder.finish(builder);
  });
}

void ForgedTape::end(std::uint64_t index_offset) {
  const auto trailer = make_trailer(index_offset, bytes_.size() + kTrailerBytes);
  bytes_.insert(bytes_.end(), trailer.begin(), trailer.end());
}

}  // namespace heaptape
