#include "format/index.h"

#include <algorithm>

#include "format/event_fields.h"
#include "format/meta_codec.h"
#include "format/totals_codec.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

fb::EventBlock pack(const BlockEntry& entry) {
  return {entry.offset,
          entry.first_event,
          entry.begin_ns,
          entry.end_ns,
          pack_totals(entry.at_end.program),
          pack_totals(entry.at_end.all),
          entry.program_max_bytes,
          entry.all_max_bytes,
          entry.stored_bytes,
          entry.raw_bytes,
          entry.events,
          0};
}

BlockEntry unpack(const fb::EventBlock& stored) {
  BlockEntry entry;
  entry.offset = stored.offset();
  entry.stored_bytes = stored.stored_bytes();
  entry.raw_bytes = stored.raw_bytes();
  entry.first_event = stored.first_event();
  entry.events = stored.events();
  entry.begin_ns = stored.begin_ns();
  entry.end_ns = stored.end_ns();
  entry.at_end.program = unpack_totals(stored.program());
  entry.at_end.all = unpack_totals(stored.all());
  entry.program_max_bytes = stored.program_max_bytes();
  entry.all_max_bytes = stored.all_max_bytes();
  return entry;
}

fb::Estimate pack(const Estimate& estimate) {
  const Variances& v = estimate.variances;
  return {pack_totals(estimate.totals),
          v.allocations,
          v.frees,
          v.allocated_bytes,
          v.temporary,
          v.live_bytes,
          v.live_blocks,
          v.peak_bytes,
          v.peak_blocks};
}

Estimate unpack(const fb::Estimate& stored) {
  const auto sane = [](double variance) { return variance >= 0 ? variance : 0; };
  return {unpack_totals(stored.totals()),
          {sane(stored.allocations_variance()), sane(stored.frees_variance()), sane(stored.allocated_bytes_variance()),
           sane(stored.temporary_variance()), sane(stored.live_bytes_variance()), sane(stored.live_blocks_variance()),
           sane(stored.peak_bytes_variance()), sane(stored.peak_blocks_variance())}};
}

// Whether the blocks of a list lie one after the other between `begin` and `end`.
class Places {
 public:
  Places(std::uint64_t begin, std::uint64_t end) : at_(begin), end_(end) {}
  bool take(std::uint64_t offset, std::uint32_t stored_bytes) {
    if (offset < at_ || offset > end_ || end_ - offset < kBlockHeaderBytes + std::uint64_t{stored_bytes}) return false;
    at_ = offset + kBlockHeaderBytes + stored_bytes;
    return true;
  }

 private:
  std::uint64_t at_, end_;
};

// Events are numbered without a gap and times never run back: what readers rely on when they seek.
bool is_consistent(std::uint64_t events, const std::vector<BlockEntry>& blocks, Places places) {
  std::uint64_t time = 0;
  for (const BlockEntry& entry : blocks) {
    if (!places.take(entry.offset, entry.stored_bytes)) return false;
    if (entry.first_event != events || entry.events == 0 || entry.events > kMaxEventsPerBlock) return false;
    if (entry.begin_ns < time || entry.end_ns < entry.begin_ns) return false;
    events += entry.events;
    time = entry.end_ns;
  }
  return true;
}

bool is_consistent(const std::vector<StoredBlock>& others, Places places) {
  return std::all_of(others.begin(), others.end(), [&](const StoredBlock& block) {
    return block.kind != BlockKind::events && block.kind != BlockKind::index &&
           places.take(block.offset, block.stored_bytes);
  });
}

}  // namespace

void encode_index(flatbuffers::FlatBufferBuilder& builder, const TapeIndex& index) {
  std::vector<fb::EventBlock> blocks;
  blocks.reserve(index.blocks.size());
  for (const BlockEntry& entry : index.blocks) blocks.push_back(pack(entry));
  std::vector<fb::OtherBlock> others;
  others.reserve(index.others.size());
  for (const StoredBlock& block : index.others) {
    others.emplace_back(block.offset, block.stored_bytes, block.raw_bytes, static_cast<std::uint32_t>(block.kind), 0u);
  }
  builder.Clear();
  const auto meta = encode_meta(builder, index.meta);
  const auto ledger = builder.CreateVector(index.ledger.counts.data(), index.ledger.counts.size());
  const auto stored_blocks = builder.CreateVectorOfStructs(blocks);
  const auto stored_others = builder.CreateVectorOfStructs(others);
  const Estimates estimates = index.estimates.value_or(Estimates{});
  const fb::Estimate program = pack(estimates.program), all = pack(estimates.all);
  const CallCounts counts = index.calls.value_or(CallCounts{});
  const fb::Calls calls(counts.called, counts.dropped, counts.read, counts.left_out);
  builder.Finish(fb::CreateIndex(builder, meta, static_cast<std::uint8_t>(index.ending.kind), index.ending.status,
                                 index.ending.duration_ns, ledger, stored_blocks, stored_others, index.recompute,
                                 index.aggregated_events, index.estimates ? &program : nullptr,
                                 index.estimates ? &all : nullptr, estimates.interval, index.threads, index.variables,
                                 index.calls ? &calls : nullptr));
}

std::optional<TapeIndex> decode_index(Bytes raw, std::uint64_t begin, std::uint64_t end, std::string_view& reason) {
  const auto* stored = verify_root<fb::Index>(raw);
  reason = "is no well-formed index";
  if (stored == nullptr || stored->meta() == nullptr) return std::nullopt;
  if (!is_aligned(stored->ledger()) || !is_aligned(stored->events()) || !is_aligned(stored->others()) ||
      !is_aligned(stored->program_estimate()) || !is_aligned(stored->all_estimate()) || !is_aligned(stored->calls()))
    return std::nullopt;
  TapeIndex index;
  index.aggregated_events = stored->aggregated_events();
  if (!decode_meta(*stored->meta(), raw.size(), index.meta)) return std::nullopt;
  if (stored->ending_kind() <= static_cast<std::uint8_t>(EndKind::gone)) {
    index.ending = {EndKind{stored->ending_kind()}, stored->ending_status(), stored->duration_ns()};
  }
  index.recompute = stored->recompute();
  index.threads = stored->threads();
  index.variables = stored->variables();
  if (const auto* ledger = stored->ledger()) {
    std::copy_n(ledger->begin(), std::min<std::size_t>(ledger->size(), kLosses), index.ledger.counts.begin());
  }
  if (const auto* blocks = stored->events()) {
    index.blocks.reserve(blocks->size());
    for (const fb::EventBlock* block : *blocks) index.blocks.push_back(unpack(*block));
  }
  if (const auto* others = stored->others()) {
    index.others.reserve(others->size());
    for (const fb::OtherBlock* block : *others) {
      index.others.push_back({block->offset(), BlockKind{block->kind()}, block->stored_bytes(), block->raw_bytes()});
    }
  }
  if (stored->program_estimate() != nullptr && stored->all_estimate() != nullptr)
    index.estimates = {unpack(*stored->program_estimate()), unpack(*stored->all_estimate()),
                       stored->largest_interval()};
  if (const auto* calls = stored->calls())
    index.calls = {calls->called(), calls->dropped(), calls->read(), calls->left_out()};
  if (!is_consistent(index.aggregated_events, index.blocks, {begin, end}) ||
      !is_consistent(index.others, {begin, end})) {
    reason = "is an index that contradicts itself";
    return std::nullopt;
  }
  return index;
}

}  // namespace heaptape
