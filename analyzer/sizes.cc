#include "analyzer/sizes.h"

#include <algorithm>
#include <bit>

#include "analyzer/account.h"
#include "analyzer/caveats.h"

namespace heaptape {

SizesPass::Parts& SizesPass::of(const Block& block) { return buckets_[std::bit_width(block.size)]; }

void SizesPass::born(const Block& block, Moment now) {
  if (!counts(block)) return;
  const Weight weight = weigh(block);
  Parts& parts = of(block);
  parts.bytes += weight.bytes;
  parts.blocks += weight.blocks;
  all_.bear(weight, now.time_ns, now.event);
}

// Of an instant only what is still live counts; of a range all that was allocated.
void SizesPass::ended(const Block& block, Fate fate, Moment) {
  if (!counts(block)) return;
  const Weight weight = weigh(block);
  if (fate == Fate::overwritten)
    all_.drop(weight);
  else
    all_.release(weight, fate == Fate::temporary);
  if (!selection_->is_instant()) return;
  Parts& parts = of(block);
  parts.bytes -= weight.bytes;
  parts.blocks -= weight.blocks;
}

void SizesPass::restored(const Block& block, Fate fate, Moment now) {
  if (!counts(block)) return;
  const Weight weight = weigh(block);
  all_.restore(weight, fate == Fate::temporary, now.time_ns, now.event);
  if (!selection_->is_instant()) return;
  Parts& parts = of(block);
  parts.bytes += weight.bytes;
  parts.blocks += weight.blocks;
}

SizesReport sizes(const TapeReader& tape, const Selection& selection) {
  SizesPass pass(selection);
  const std::vector<Damage> unread = replay(tape, selection, pass);

  auto report = begun_report<SizesReport>(tape, selection);
  const auto& buckets = pass.buckets();
  const auto used = [](const SizesPass::Parts& parts) { return parts.blocks != 0; };
  const auto first = std::find_if(buckets.begin(), buckets.end(), used);
  const auto last = std::find_if(buckets.rbegin(), std::make_reverse_iterator(first), used).base();
  for (auto at = first; at != last; ++at) {
    const auto bits = static_cast<unsigned>(at - buckets.begin());
    const std::uint64_t least = bits == 0 ? 0 : std::uint64_t{1} << (bits - 1);
    report.buckets.push_back({least, bits == 0 ? 0 : least + (least - 1), whole(at->blocks), whole(at->bytes)});
    report.blocks += report.buckets.back().blocks;
    report.bytes += report.buckets.back().bytes;
  }
  report.unknown = unknown_births(tape, selection);
  report.margins = margins_of(tape, pass.estimate());
  report.caveats = caveats_of(tape, unread);
  return report;
}

}  // namespace heaptape
