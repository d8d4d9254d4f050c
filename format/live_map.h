// The blocks that are live at one instant of a replay, by address. One look-up a event: open
// addressing with linear probes, at most half full, so that it is one cache miss for most.
#pragma once

#include <cstdint>
#include <vector>

#include "format/estimate.h"
#include "format/event.h"

namespace heaptape {

struct Block {
  std::uint64_t address = 0;
  std::uint64_t size = 0;  // as requested
  std::uint64_t birth_ns = 0;
  std::uint64_t birth_event = 0;  // number of events up to and with its birth: its identity, never 0
  StackId stack = kEmptyStack;
  ThreadId thread{};  // that allocated it
  Function function = Function::malloc;
  float interval = 0;  // that births were sampled at, in bytes; 0: all were recorded
  friend bool operator==(const Block&, const Block&) = default;
};

inline Weight weigh(const Block& block) { return weight_of(block.size, block.interval); }

class LiveMap {
 public:
  LiveMap() : slots_(kFirstSlots) {}

  // Null if no block is live at that address. Valid until the next change.
  const Block* find(std::uint64_t address) const {
    const Block& slot = slots_[slot_of(address)];
    return slot.birth_event != 0 ? &slot : nullptr;
  }
  // Answers the block that was live at the same address and is replaced; birth_event 0: none.
  Block put(const Block& block) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    Block& slot = slots_[slot_of(block.address)];
    const Block old = slot;
    size_ += old.birth_event == 0;
    slot = block;
    return old;
  }
  // Removes and answers the block; birth_event 0: none is live there.
  Block take(std::uint64_t address) {
    const std::size_t slot = slot_of(address);
    const Block block = slots_[slot];
    if (block.birth_event != 0) close_up(slot);
    return block;
  }
  std::size_t size() const { return size_; }
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const Block& block : slots_) {
      if (block.birth_event != 0) visit(block);
    }
  }

 private:
  static constexpr std::size_t kFirstSlots = 1024;

  std::size_t home_of(std::uint64_t address) const {
    return static_cast<std::size_t>((address >> 4) * 0x9e37'79b9'7f4a'7c15u >> 20) & (slots_.size() - 1);
  }
  // Where the address is, or the empty slot where it would go.
  std::size_t slot_of(std::uint64_t address) const {
    std::size_t slot = home_of(address);
    while (slots_[slot].birth_event != 0 && slots_[slot].address != address) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  void close_up(std::size_t hole);
  void grow();

  std::vector<Block> slots_;  // a power of two; birth_event 0: empty
  std::size_t size_ = 0;
};

}  // namespace heaptape
