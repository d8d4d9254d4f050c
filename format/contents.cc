#include "format/contents.h"

#include <algorithm>
#include <iterator>

#include "format/accounting.h"
#include "format/event_decoder.h"
#include "format/file_header.h"
#include "format/meta_codec.h"
#include "format/opening_codec.h"
#include "format/rss_codec.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

// Definitions are held in memory, so few bytes must not become many: no real tape's shrink to less
// than 1/100 of their size.
constexpr std::uint64_t kFreeDefinitionBytes = 8u << 20;
constexpr std::uint64_t kMaxDefinitionRatio = 128;

// 23 hours at 10 ms. Above it they are thinned.
constexpr std::size_t kMaxRssSamples = 8u << 20;

}  // namespace

TapeContents::TapeContents(const std::string& tape, Reading reading) : path(tape), file(tape) {
  first_block_ = check_header(file.bytes(), path);
  if (auto stored = index_by_trailer()) {
    index = std::move(*stored);
    has_index_ = true;
    has_definitions_ = reading == Reading::all || index.recompute;
    if (has_definitions_)
      take_blocks(index.others);
    else
      check_others();
    if (index.recompute) recompute();
  } else {
    open_by_scan();
  }
  if (has_index_)
    numbered_events_ =
        index.blocks.empty() ? index.aggregated_events : index.blocks.back().first_event + index.blocks.back().events;
  judge();
}

void TapeContents::judge() {
  std::sort(damage.begin(), damage.end(), [](const Damage& a, const Damage& b) { return a.offset < b.offset; });
  if (!damage.empty()) condition = Condition::damaged;
}

void TapeContents::check_others() {
  for (const StoredBlock& block : index.others) {
    if (block.kind == BlockKind::rss)
      take_rss(block);
    else if (const std::string_view reason = check_place(block); !reason.empty())
      list_damage(block.offset, reason);
  }
}

void TapeContents::read_definitions() {
  if (has_definitions_) return;
  has_definitions_ = true;
  std::vector<StoredBlock> left;
  std::copy_if(index.others.begin(), index.others.end(), std::back_inserter(left), [&](const StoredBlock& block) {
    return block.kind != BlockKind::rss && !is_listed(block);  // what check_others() has taken, or found damaged
  });
  take_blocks(left);
  judge();
}

std::optional<TapeIndex> TapeContents::index_by_trailer() const {
  const Bytes bytes = file.bytes();
  if (bytes.size() < first_block_ + kTrailerBytes) return std::nullopt;
  const std::uint64_t trailer = bytes.size() - kTrailerBytes;
  const auto offset = trailer_at(bytes, trailer);
  if (!offset) return std::nullopt;
  const auto block = block_at(bytes, *offset);
  if (!block || block->end() != trailer) return std::nullopt;
  std::string_view reason;
  return read_index(*block, reason);
}

std::optional<TapeIndex> TapeContents::read_index(const StoredBlock& block, std::string_view& reason) const {
  reason = "fails its checksum";
  if (block.kind != BlockKind::index || !checksum_holds(file.bytes(), block)) return std::nullopt;
  RawBlock raw;
  if (!decompress(file.bytes(), block, raw, reason)) return std::nullopt;
  return decode_index(raw, first_block_, block.offset, reason);
}

void TapeContents::open_by_scan() {
  Scan scan = scan_blocks(file.bytes(), first_block_);
  damage = std::move(scan.damage);
  condition = Condition::cut;
  whole_bytes_ = scan.blocks.empty() ? first_block_ : scan.blocks.back().end();
  const auto last_index = std::find_if(scan.blocks.rbegin(), scan.blocks.rend(),
                                       [](const StoredBlock& block) { return block.kind == BlockKind::index; });
  if (last_index != scan.blocks.rend()) {
    std::string_view reason;
    if (auto stored = read_index(*last_index, reason)) {
      index = std::move(*stored);
      has_index_ = true;
      take_blocks(index.others);
      if (index.recompute) recompute();
      return;
    }
    list_damage(last_index->offset, reason);
  }
  take_blocks(scan.blocks);
  const std::uint64_t end_ns = account(scan.blocks);
  index.ending.duration_ns = std::max(end_ns, rss.empty() ? 0 : rss.back().time_ns);
  std::copy_if(scan.blocks.begin(), scan.blocks.end(), std::back_inserter(index.others), [&](const StoredBlock& block) {
    return block.kind != BlockKind::events && block.kind != BlockKind::index && !is_listed(block);
  });
}

void TapeContents::take_blocks(const std::vector<StoredBlock>& blocks) {
  for (const StoredBlock& block : blocks) {
    if (block.kind == BlockKind::meta) take_meta(block);
    if (block.kind == BlockKind::definitions) take_definitions(block);
    if (block.kind == BlockKind::aggregate) take_opening(block);
    if (block.kind == BlockKind::rss) take_rss(block);
    if (block.kind == BlockKind::symbols) take_symbols(block);
  }
}

std::string_view TapeContents::check_place(const StoredBlock& block) const {
  const auto found = block_at(file.bytes(), block.offset);
  if (!found || found->kind != block.kind || found->stored_bytes != block.stored_bytes ||
      found->raw_bytes != block.raw_bytes) {
    return "is not the block that the index lists";
  }
  return checksum_holds(file.bytes(), block) ? "" : "fails its checksum";
}

std::optional<RawBlock> TapeContents::raw_of(const StoredBlock& block) {
  std::string_view reason = check_place(block);
  RawBlock raw;
  if (reason.empty() && decompress(file.bytes(), block, raw, reason)) return raw;
  list_damage(block.offset, reason);
  return std::nullopt;
}

void TapeContents::take_meta(const StoredBlock& block) {
  const auto raw = raw_of(block);
  if (!raw) return;
  const auto* stored = verify_root<fb::Meta>(*raw);
  Meta meta;
  if (stored != nullptr && decode_meta(*stored, raw->size(), meta)) {
    index.meta = std::move(meta);
  } else {
    list_damage(block.offset, "is no well-formed description of the recording");
  }
}

// Null, and listed, if that is more than a tape of this size can hold in memory.
std::optional<RawBlock> TapeContents::definitions_of(const StoredBlock& block) {
  auto raw = raw_of(block);
  if (!raw) return std::nullopt;
  definition_bytes_ += raw->size();
  if (definition_bytes_ <= kFreeDefinitionBytes + kMaxDefinitionRatio * file.bytes().size()) return raw;
  list_damage(block.offset, "holds more definitions than a tape of this size can");
  return std::nullopt;
}

void TapeContents::take_definitions(const StoredBlock& block) {
  const auto raw = definitions_of(block);
  if (!raw) return;
  std::string_view reason;
  if (!definitions.add_block(*raw, reason)) list_damage(block.offset, reason);
}

void TapeContents::take_opening(const StoredBlock& block) {
  const auto raw = raw_of(block);
  std::string_view reason;
  if (raw && !decode_opening(*raw, definitions, opening, reason)) list_damage(block.offset, reason);
}

void TapeContents::take_symbols(const StoredBlock& block) {
  const auto raw = definitions_of(block);
  std::string_view reason;
  if (raw && !decode_symbols(*raw, definitions.modules.items().size(), symbols, reason))
    list_damage(block.offset, reason);
}

void TapeContents::take_rss(const StoredBlock& block) {
  const auto raw = raw_of(block);
  std::string_view reason;
  if (raw && !decode_rss(*raw, rss, reason)) list_damage(block.offset, reason);
  if (rss.size() > kMaxRssSamples) thin(rss);
}

bool TapeContents::unwrap(const StoredBlock& stored, RawBlock& raw, std::string_view& reason) const {
  reason = check_place(stored);
  return reason.empty() && decompress(file.bytes(), stored, raw, reason);
}

bool TapeContents::decode(const StoredBlock& stored, DecodedBlock& block, std::string_view& reason) const {
  if (unwrap(stored, block.raw, reason)) return decode_events(block, definitions, reason);
  block.events.clear();
  return false;
}

std::uint64_t TapeContents::account(const std::vector<StoredBlock>& blocks) {
  Accounting accounting(index.meta.forked, Accounting::kUnlimited, index.meta.is_filtered());
  const auto in_program = [this](StackId stack) {
    return definitions.frames.items()[static_cast<std::size_t>(stack)].in_program;
  };
  accounting.open(opening, in_program);
  numbered_events_ = std::max(numbered_events_, opening.events);
  DecodedBlock decoded;
  const auto& events = decoded.events;
  std::uint64_t time_ns = opening.time_ns;
  for (const StoredBlock& block : blocks) {
    if (block.kind != BlockKind::events) continue;
    std::string_view reason;
    if (decode(block, decoded, reason) && events.front().time_ns < time_ns) reason = "runs back in time";
    if (!reason.empty()) {
      list_damage(block.offset, reason);
      continue;
    }
    const BlockEntry entry = take_block(accounting, block, accounting.events(), events, in_program);
    time_ns = entry.end_ns;
    numbered_events_ = std::max(numbered_events_, decoded.first_event + events.size());
    index.blocks.push_back(entry);
  }
  for (const Loss loss : {Loss::unmatched_frees, Loss::overlapping_births, Loss::earlier_frees, Loss::inherited_frees})
    index.ledger[loss] = accounting.ledger()[loss];
  index.ledger[Loss::aggregated_events] = index.aggregated_events = opening.events;
  index.ledger[Loss::left_out_frees] += accounting.ledger()[Loss::left_out_frees];  // others are on no tape
  index.estimates = accounting.estimates();
  return time_ns;
}

void TapeContents::recompute() {
  std::vector<StoredBlock> blocks;
  for (const BlockEntry& entry : index.blocks)
    blocks.push_back({entry.offset, BlockKind::events, entry.stored_bytes, entry.raw_bytes});
  index.blocks.clear();
  account(blocks);
}

bool TapeContents::is_listed(const StoredBlock& block) const {
  return std::any_of(damage.begin(), damage.end(), [&](const Damage& one) { return one.offset == block.offset; });
}

void TapeContents::list_damage(std::uint64_t offset, std::string_view reason) {
  damage.push_back({offset, "the block " + std::string(reason)});
}

}  // namespace heaptape
