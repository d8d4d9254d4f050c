// The blocks that live at this instant of a replay, to be found by any address in them.
#pragma once

#include <algorithm>
#include <map>

#include "format/opening.h"

namespace heaptape {

class LiveBlocks {
 public:
  void open(const Opening& opening) {
    for (const Block& block : opening.live) blocks_.emplace(block.address, block);
  }
  void add(const Block& block) { blocks_.insert_or_assign(block.address, block); }
  void remove(const Block& block) { blocks_.erase(block.address); }

  // The block that the address lies in, until the next change; a block of no bytes holds its own address.
  const Block* around(std::uint64_t address) const {
    const auto after = blocks_.upper_bound(address);
    if (after == blocks_.begin()) return nullptr;
    const Block& block = std::prev(after)->second;
    return address - block.address < std::max<std::uint64_t>(block.size, 1) ? &block : nullptr;
  }

 private:
  std::map<std::uint64_t, Block> blocks_;  // ordered: owners may point into the middle of a block
};

}  // namespace heaptape
