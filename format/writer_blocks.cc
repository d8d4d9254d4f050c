// How a TapeWriter's blocks come into the file: sealed one by one, or taken over from a cut tape.
#include <unistd.h>
#include <zstd.h>

#include <string_view>
#include <system_error>

#include "format/contents.h"
#include "format/file_header.h"
#include "format/meta_codec.h"
#include "format/rss_codec.h"
#include "format/writer_state.h"
#include "tape_generated.h"

namespace heaptape {

void TapeWriter::State::require_file(const std::string& path) const {
  const int error = file.error_number();
  if (error == 0) return;
  ::unlink(path.c_str());
  throw std::system_error(error, std::generic_category(), path);
}

void TapeWriter::State::write_opening() {
  const auto header = make_header();
  if (!file.append(header)) return;
  builder.Finish(encode_meta(builder, index.meta));
  add_block(BlockKind::meta);
}

void TapeWriter::State::copy(const TapeContents& cut, const StoredBlock& block) {
  StoredBlock copied = block;
  copied.offset = file.bytes();
  file.append(cut.file.bytes().subspan(block.offset, block.end() - block.offset));
  if (block.kind != BlockKind::events) index.others.push_back(copied);
}

// Blocks go over byte by byte, in their order. Their events are taken once more, for the figures and the live table.
void TapeWriter::State::take_over(const TapeContents& cut) {
  if (!file.append(make_header())) return;
  definitions.go_on_after(cut.definitions);
  in_program.clear();
  for (const Frame& frame : cut.definitions.frames.items()) in_program.push_back(frame.in_program);
  index.threads = cut.definitions.threads_of_program();
  accounting.open(cut.opening, [&](StackId stack) { return in_program[static_cast<std::size_t>(stack)]; });
  index.aggregated_events = cut.opening.events;
  time_ns = cut.opening.time_ns;
  auto other = cut.index.others.begin();
  DecodedBlock decoded;
  const auto copy_others_before = [&](std::uint64_t offset) {
    for (; other != cut.index.others.end() && other->offset < offset; ++other) copy(cut, *other);
  };
  for (BlockEntry entry : cut.index.blocks) {
    copy_others_before(entry.offset);
    const StoredBlock block{entry.offset, BlockKind::events, entry.stored_bytes, entry.raw_bytes};
    std::string_view reason;
    if (!cut.decode(block, decoded, reason))
      throw TapeError(TapeError::Reason::damaged, cut.path + " changed while it was read; try again", entry.offset);
    for (const Event& event : decoded.events) accounting.take(event, in_program[static_cast<std::uint32_t>(event.stack)]);
    accounting.take_maxima();
    entry.offset = file.bytes();
    copy(cut, block);
    index.blocks.push_back(entry);
    time_ns = entry.end_ns;
  }
  copy_others_before(UINT64_MAX);
  index.estimates = accounting.estimates();
}

// What the index and the trailer take at most, with one block more than there are.
std::uint64_t TapeWriter::State::index_bytes() const {
  constexpr std::uint64_t kFixed = 2048;  // tables, ledger, estimates; meta's own fields
  const std::uint64_t raw = kFixed + meta_bytes + (index.blocks.size() + 1) * sizeof(fb::EventBlock) +
                            (index.others.size() + 1) * sizeof(fb::OtherBlock);
  return kBlockHeaderBytes + ZSTD_compressBound(raw) + kTrailerBytes;
}

std::uint64_t TapeWriter::State::bytes_left() const {
  if (max_bytes == 0) return UINT64_MAX;
  const std::uint64_t taken = file.bytes() + index_bytes();
  return taken < max_bytes ? max_bytes - taken : 0;
}

std::optional<StoredBlock> TapeWriter::State::seal_block(BlockKind kind) {
  if (is_full) return std::nullopt;
  progressed();
  const auto block = sealer.seal(kind, builder, bytes_left());
  is_full = !block;
  return block;
}

bool TapeWriter::State::add_block(BlockKind kind) {
  const auto block = seal_block(kind);
  if (block) index.others.push_back(*block);
  return block.has_value();
}

void TapeWriter::State::seal_definitions() {
  if (definitions.empty()) return;
  definitions.finish(builder);
  add_block(BlockKind::definitions);
}

void TapeWriter::State::seal_events() {
  if (encoder.events() == 0) return;
  BlockEntry entry;
  entry.events = encoder.events();
  entry.first_event = accounting.events() - entry.events;
  entry.begin_ns = encoder.begin_ns();
  entry.end_ns = encoder.end_ns();
  entry.at_end = accounting.totals();
  const Accounting::Maxima maxima = accounting.take_maxima();
  entry.program_max_bytes = maxima.program;
  entry.all_max_bytes = maxima.all;
  if (before_block) before_block(accounting.events());
  encoder.finish(builder, entry.first_event);
  const auto block = seal_block(BlockKind::events);
  if (!block) {
    unwritten += entry.events;
    return;
  }
  entry.offset = block->offset;
  entry.stored_bytes = block->stored_bytes;
  entry.raw_bytes = block->raw_bytes;
  index.blocks.push_back(entry);
  index.estimates = accounting.estimates();
}

void TapeWriter::State::seal_rss() {
  if (rss.empty()) return;
  encode_rss(builder, rss);
  rss.clear();
  add_block(BlockKind::rss);
}

void TapeWriter::State::make_room_if_due() {
  if (!keeper || file.error_number() != 0 || !keeper->is_due(file.bytes())) return;
  const IdLimits ids{{definitions.frames()}, {definitions.threads()}, {definitions.texts()}, {definitions.variables()}};
  keeper->make_room(file, index, sealer, builder, ids, in_program);
}

}  // namespace heaptape
