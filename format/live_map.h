// The blocks that are live at one instant of a replay, by address.
#pragma once

#include <cstdint>
#include <utility>

#include "format/address_table.h"
#include "format/estimate.h"
#include "format/event.h"
#include "format/large_memory.h"

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
  // Makes room for that many blocks at once.
  void reserve(std::size_t blocks) {
    places_.reserve(blocks);
    blocks_.reserve(blocks);
  }
  // Null if no block is live at that address. Valid until the next change.
  const Block* find(std::uint64_t address) const {
    const auto place = places_.find(address);
    return place ? &blocks_[*place] : nullptr;
  }
  // Answers the block that was live at the same address and is replaced; birth_event 0: none.
  Block put(const Block& block) {
    const std::size_t place = vacant_;
    if (place == blocks_.size())
      vacant_ = (blocks_.push_back(block), place + 1);
    else
      vacant_ = static_cast<std::size_t>(std::exchange(blocks_[place], block).birth_ns);
    __builtin_prefetch(blocks_.data() + vacant_, 1);  // the next one's place
    const auto replaced = places_.put(block.address, place);
    return replaced ? vacate(*replaced) : Block{};
  }
  // Removes and answers the block; birth_event 0: none is live there.
  Block take(std::uint64_t address) {
    const auto place = places_.erase(address);
    return place ? vacate(*place) : Block{};
  }
  // Says that a block is to be put there or taken from there; then, that it is soon to be taken: hints, for speed.
  [[gnu::always_inline]] void prefetch(std::uint64_t address) const noexcept { places_.prefetch(address); }
  [[gnu::always_inline]] void prefetch_block(std::uint64_t address) const noexcept {
    if (const auto place = places_.find(address)) __builtin_prefetch(&blocks_[*place], 1);
  }
  std::size_t size() const { return places_.size(); }
  // In no order.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const Block& block : blocks_) {
      if (block.birth_event != 0) visit(block);
    }
  }

 private:
  Block vacate(std::size_t place) {
    Block& slot = blocks_[place];
    const Block block = slot;
    slot.birth_event = 0;
    slot.birth_ns = std::exchange(vacant_, place);
    return block;
  }

  AddressTable places_;        // in blocks_
  LargeVector<Block> blocks_;  // birth_event 0: vacant, and birth_ns names the next vacant place
  std::size_t vacant_ = 0;     // that was vacated last, so that short lives stay in the caches; or behind the last place
};

}  // namespace heaptape
