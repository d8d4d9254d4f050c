#include "format/live_map.h"

#include <utility>

namespace heaptape {

// Knuth, TAOCP 3, 6.4, algorithm R: later entries of the run move into the hole, so that no
// tombstones pile up.
void LiveMap::close_up(std::size_t hole) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = (hole + 1) & mask; slots_[slot].birth_event != 0; slot = (slot + 1) & mask) {
    const std::size_t home = home_of(slots_[slot].address);
    if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
    slots_[hole] = slots_[slot];
    hole = slot;
  }
  slots_[hole].birth_event = 0;
  --size_;
}

void LiveMap::grow() {
  std::vector<Block> old(slots_.size() * 2);
  std::swap(old, slots_);
  for (const Block& block : old) {
    if (block.birth_event != 0) slots_[slot_of(block.address)] = block;
  }
}

}  // namespace heaptape
