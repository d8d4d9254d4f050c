// A block of events as a reader has it. One is used for block after block: its room stays.
#pragma once

#include <cstdint>

#include "format/address_model.h"
#include "format/block.h"
#include "format/event.h"
#include "format/large_memory.h"

namespace heaptape {

struct DecodedBlock {
  static constexpr std::uint32_t kElsewhere = UINT32_MAX;

  std::uint64_t first_event = 0;  // its number in the tape, from 0
  LargeVector<Event> events;
  // By event: of a release the place in `events` of a birth at its address, where the block's coding names one. Else
  // kElsewhere: it was born in an earlier block, or what came before has to tell.
  LargeVector<std::uint32_t> births;
  // For the decoder.
  RawBlock raw;
  DecoderHabits habits;
};

}  // namespace heaptape
