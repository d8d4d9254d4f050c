// Finds the blocks of a tape from the front, where there is no index to go by.
#pragma once

#include <cstdint>
#include <vector>

#include "format/block.h"
#include "format/reader.h"

namespace heaptape {

struct Scan {
  std::vector<StoredBlock> blocks;  // whole, of any kind, in order
  std::vector<Damage> damage;       // bytes between them that are no whole block; a torn tail is none
};

// `begin`: where the first block should be.
Scan scan_blocks(Bytes file, std::uint64_t begin);

}  // namespace heaptape
