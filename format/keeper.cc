#include "format/keeper.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <system_error>

#include "format/file_header.h"
#include "format/opening_codec.h"
#include "format/rss_codec.h"
#include "tape_generated.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostRss = 16384;  // above it they are thinned
constexpr std::size_t kMostLive = 32u << 20;

std::uint64_t extent(std::uint32_t stored_bytes) { return kBlockHeaderBytes + std::uint64_t{stored_bytes}; }

StoredBlock stored_at(std::uint64_t offset, BlockKind kind, Bytes piece, std::size_t raw) {
  return {offset, kind, static_cast<std::uint32_t>(piece.size() - kBlockHeaderBytes), static_cast<std::uint32_t>(raw)};
}

// Appends what `builder` has finished.
void append(TapeFile& file, TapeIndex& index, Sealer& sealer, BlockKind kind,
            const flatbuffers::FlatBufferBuilder& builder) {
  const Bytes piece = sealer.pack(kind, builder);
  index.others.push_back(stored_at(file.bytes(), kind, piece, builder.GetSize()));
  file.append(piece);
}

}  // namespace

Keeper::Keeper(std::string path, const WriterOptions& options, const Meta& meta)
    : path_(std::move(path)),
      progressed_(options.progressed),
      bytes_(options.keep_bytes),
      limit_(options.keep_bytes),
      aggregate_(meta.forked) {}

std::uint32_t Keeper::events_per_block(std::uint64_t bytes, std::uint32_t asked) {
  if (bytes == 0) return asked;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(asked, std::max<std::uint64_t>(bytes / 256, 64)));
}

void Keeper::sample(RssSample sample) {
  rss_.push_back(sample);
  if (rss_.size() > kMostRss) thin(rss_);
}

// The newest blocks that fit into half of what definitions and aggregate leave; the very newest in any case.
std::size_t Keeper::first_kept(const TapeIndex& index, std::uint64_t file_bytes) const {
  const std::uint64_t events =
      std::accumulate(index.blocks.begin(), index.blocks.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const BlockEntry& entry) { return sum + extent(entry.stored_bytes); });
  const std::uint64_t base = file_bytes - events;
  const std::uint64_t most = (limit_ > base ? limit_ - base : 0) / 2;
  std::size_t first = index.blocks.size();
  for (std::uint64_t kept = 0; first > 0; --first) {
    kept += extent(index.blocks[first - 1].stored_bytes);
    if (kept > most && first < index.blocks.size()) break;
  }
  return first;
}

bool Keeper::take(const TapeFile& file, const BlockEntry& entry, const IdLimits& ids,
                  const std::vector<bool>& in_program) {
  std::vector<std::uint8_t> piece(extent(entry.stored_bytes));
  DecodedBlock block;
  std::string_view reason;
  if (!file.read(entry.offset, piece)) return false;
  if (!decompress(piece, {0, BlockKind::events, entry.stored_bytes, entry.raw_bytes}, block.raw, reason)) return false;
  if (!decode_events(block, ids, reason)) return false;
  aggregate_.take(block.events, in_program);
  return true;
}

void Keeper::make_room(TapeFile& file, TapeIndex& index, Sealer& sealer, flatbuffers::FlatBufferBuilder& builder,
                       const IdLimits& ids, const std::vector<bool>& in_program) {
  const std::size_t first = first_kept(index, file.bytes());
  for (std::size_t i = 0; i < first; ++i) {
    progressed_();
    if (!take(file, index.blocks[i], ids, in_program)) return file.fail(EIO);
  }
  const std::string draft = path_ + kDraftSuffix;
  try {
    TapeFile fresh(draft, true);
    TapeIndex made = index;
    made.others.clear();
    made.blocks.clear();
    fresh.append_from(file, 0, kHeaderBytes);
    for (StoredBlock block : index.others) {
      if (block.kind != BlockKind::meta && block.kind != BlockKind::definitions) continue;
      const std::uint64_t offset = block.offset;
      block.offset = fresh.bytes();
      made.others.push_back(block);
      progressed_();
      fresh.append_from(file, offset, block.end() - block.offset);
    }
    if (aggregate_.events() != 0) {
      const Opening opening = aggregate_.opening(in_program);
      if (opening.live.size() > kMostLive) throw std::system_error(EFBIG, std::generic_category());
      encode_whole_opening(sealer, builder, opening);
      append(fresh, made, sealer, BlockKind::aggregate, builder);
      made.aggregated_events = opening.events;
    }
    if (!rss_.empty()) {
      encode_rss(builder, rss_);
      append(fresh, made, sealer, BlockKind::rss, builder);
    }
    const std::uint64_t base = fresh.bytes();
    for (std::size_t i = first; i < index.blocks.size(); ++i) {
      BlockEntry entry = index.blocks[i];
      entry.offset = fresh.bytes();
      made.blocks.push_back(entry);
      progressed_();
      fresh.append_from(file, index.blocks[i].offset, extent(entry.stored_bytes));
    }
    if (fresh.error_number() != 0) throw std::system_error(fresh.error_number(), std::generic_category());
    if (!file.replace_by(fresh)) throw std::system_error(errno, std::generic_category());
    index = std::move(made);
    // Where definitions and aggregate fill the size, events have room in proportion: else a few would cost all that.
    limit_ = std::max(bytes_, base + std::max(bytes_ / 4, base / 2));
  } catch (const std::system_error& error) {
    ::unlink(draft.c_str());
    file.fail(error.code().value());
  }
}

}  // namespace heaptape
