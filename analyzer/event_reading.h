// Events one by one, for what the passes are not told: a release's thread and function.
#pragma once

#include <span>
#include <vector>

#include "format/block_stream.h"
#include "format/reader.h"

namespace heaptape {

// Shows the events a block's at a time, with its entry; answers what is damaged.
template <class Take>
std::vector<Damage> for_each_block(const TapeReader& tape, const Take& take) {
  std::vector<Damage> damage;
  BlockStream stream(tape, 0, tape.blocks().size());
  for (const BlockEntry& entry : tape.blocks()) {
    const DecodedBlock& block = *stream.next();
    if (block.events.empty()) damage.push_back({entry.offset, "a block of events fails its checks"});
    take(entry, std::span<const Event>(block.events));
  }
  return damage;
}

}  // namespace heaptape
