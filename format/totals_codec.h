// Totals as they are stored. For the .cc files of this folder only.
#pragma once

#include "format/tape.h"
#include "tape_generated.h"

namespace heaptape {

inline fb::Totals pack_totals(const Totals& totals) {
  return {totals.allocations, totals.frees,        totals.allocated_bytes, totals.freed_bytes,
          totals.temporary,   totals.live_bytes,   totals.live_blocks,     totals.peak_bytes,
          totals.peak_blocks, totals.peak_time_ns, totals.peak_event};
}

inline Totals unpack_totals(const fb::Totals& stored) {
  return {stored.allocations(), stored.frees(),        stored.allocated_bytes(), stored.freed_bytes(),
          stored.temporary(),   stored.live_bytes(),   stored.live_blocks(),     stored.peak_bytes(),
          stored.peak_blocks(), stored.peak_time_ns(), stored.peak_event()};
}

}  // namespace heaptape
