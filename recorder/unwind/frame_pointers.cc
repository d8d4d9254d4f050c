// The walk that needs no rules: each frame pointer leads to the caller's frame pointer and the return address above it.
#include <cstring>

#include "recorder/unwind/walk.h"

namespace heaptape::unwind {
namespace {

struct Pair {
  std::uint64_t caller_frame;
  std::uint64_t return_address;
};

Pair pair_at(std::uint64_t frame) noexcept {
  Pair pair;
  std::memcpy(&pair, reinterpret_cast<const void*>(frame), sizeof pair);
  return pair;
}

}  // namespace

Stack walk_by_frame_pointers(Memory& memory, const void* frame, std::uint64_t* frames, std::uint32_t depth) noexcept {
  constexpr std::uint64_t kNoCodeBelow = 4096;
  if (!memory.has_bounds) {
    memory.bounds = own_stack();
    memory.has_bounds = true;
  }
  auto at = reinterpret_cast<std::uint64_t>(frame);
  StackBounds stack = bounds_around(at, memory.bounds);
  KeptFrames kept(frames, depth);
  while (kept.has_room()) {
    const Pair pair = pair_at(at);
    if (pair.return_address < kNoCodeBelow) return kept.finish(false);
    kept.put(pair.return_address - 1);
    if (pair.caller_frame == 0) return kept.finish(true);  // psABI, 3.4.1: this marks the outermost frame
    const bool rises = pair.caller_frame > at && pair.caller_frame % 8 == 0;
    if (!rises || !stack.holds(pair.caller_frame, sizeof pair)) return kept.finish(false);
    at = pair.caller_frame;
  }
  return kept.finish(false);
}

}  // namespace heaptape::unwind
