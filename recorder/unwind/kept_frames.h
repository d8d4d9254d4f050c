// Which frames of a deep stack are kept: the innermost ones, and an outermost quarter.
//
// Places fill up in order; a deeper walk goes round and round over those of the outermost quarter, so that they end
// up with the last frames that it saw.
#pragma once

#include <cstdint>

namespace heaptape::unwind {

inline constexpr std::uint32_t kMaxDepth = 512;
// So far a walk goes to find the outermost frames, some 50 µs. Of a stack that is deeper still only the innermost stay.
inline constexpr std::uint32_t kFarthestFrame = 16384;
// Structured collisions of the hash begin at 1,024 frames: never raise kMaxDepth without a new look at them.
inline constexpr std::uint64_t kHashFactor = 0x9e3779b97f4a7c15;

struct Stack {
  std::uint32_t count = 0;
  std::uint16_t gap = 0;   // frames before those that were left out between the ends; 0: none was
  bool truncated = false;  // the walk did not reach the outermost frame
  std::uint64_t hash = 0;  // of the frames that are kept: a polynomial in kHashFactor
};

class KeptFrames {
 public:
  // `depth`: frames to keep; anything but 1 to kMaxDepth means kMaxDepth. `frames` has room for them.
  KeptFrames(std::uint64_t* frames, std::uint32_t depth) noexcept
      : first_(frames), next_(frames), end_(frames + (depth - 1 < kMaxDepth ? depth : kMaxDepth)) {}

  // Makes room for one more frame, which comes next. False: the walk has gone as far as it may.
  [[nodiscard]] bool has_room() noexcept {
    if (next_ != end_) [[likely]]
      return true;
    return go_round();
  }
  void put(std::uint64_t frame) noexcept {
    *next_++ = frame;
    hash_ = (hash_ + frame) * kHashFactor;
  }
  bool empty() const noexcept { return next_ == first_; }

  // `whole`: the walk came to the outermost frame.
  Stack finish(bool whole) const noexcept {
    if (rounds_ == 0) [[likely]]
      return {static_cast<std::uint32_t>(next_ - first_), 0, !whole, hash_};
    in_order(ring(), next_, end_);
    return {depth(), static_cast<std::uint16_t>(depth() - outermost()), !whole, hash_of(first_, end_)};
  }

 private:
  std::uint32_t depth() const noexcept { return static_cast<std::uint32_t>(end_ - first_); }
  std::uint32_t outermost() const noexcept { return depth() / 4; }
  std::uint64_t* ring() const noexcept { return end_ - outermost(); }
  bool go_round() noexcept {
    const bool may_go = outermost() != 0 && depth() + rounds_ * outermost() < kFarthestFrame;
    if (may_go || rounds_ != 0) next_ = ring();
    if (!may_go) hash_ = hash_of(first_, next_);
    rounds_ = may_go ? rounds_ + 1 : 0;
    return may_go;
  }
  // The oldest of the ring's frames, which end at `end`, is at `oldest`; puts it first.
  static void in_order(std::uint64_t* ring, std::uint64_t* oldest, std::uint64_t* end) noexcept;
  static std::uint64_t hash_of(const std::uint64_t* frame, const std::uint64_t* end) noexcept;

  std::uint64_t* first_;
  std::uint64_t* next_;
  std::uint64_t* end_;
  std::uint32_t rounds_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace heaptape::unwind
