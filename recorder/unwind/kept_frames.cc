#include "recorder/unwind/kept_frames.h"

namespace heaptape::unwind {
namespace {

void reverse(std::uint64_t* begin, std::uint64_t* end) noexcept {
  while (begin < end && begin < --end) {
    const std::uint64_t frame = *begin;
    *begin++ = *end;
    *end = frame;
  }
}

}  // namespace

std::uint64_t KeptFrames::hash_of(const std::uint64_t* frame, const std::uint64_t* end) noexcept {
  std::uint64_t hash = 0;
  for (; frame != end; ++frame) hash = (hash + *frame) * kHashFactor;
  return hash;
}

void KeptFrames::in_order(std::uint64_t* ring, std::uint64_t* oldest, std::uint64_t* end) noexcept {
  reverse(ring, oldest);
  reverse(oldest, end);
  reverse(ring, end);
}

}  // namespace heaptape::unwind
