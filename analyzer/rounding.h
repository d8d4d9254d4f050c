#pragma once

#include "format/estimate.h"

namespace heaptape {

// Rounds parts so that their sum is the sum rounded: what one lacks the next one gets.
class Rounding {
 public:
  std::uint64_t operator()(WideCount parts) {
    const std::uint64_t before = whole(sum_);
    return whole(sum_ += parts) - before;
  }

 private:
  WideCount sum_ = 0;
};

}  // namespace heaptape
