// The figures of a tape worked out in the plainest way: the reference that Accounting is held against.
#pragma once

#include <span>
#include <vector>

#include "format/tape.h"

namespace heaptape {

struct NaiveFigures {
  LayerTotals totals;
  Ledger ledger;
};

NaiveFigures account_naively(std::span<const Event> events, const std::vector<Frame>& frames, bool forked = false);

}  // namespace heaptape
