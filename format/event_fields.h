// Which fields an event of each kind has, and so which columns it takes a value from.
#pragma once

#include <array>
#include <cstdint>

#include "format/event.h"

namespace heaptape {

enum EventField : std::uint8_t { kHasAddress = 1, kHasSize = 2, kHasStack = 4, kHasScope = 8, kHasReference = 16 };

inline constexpr std::array<std::uint8_t, kEventKinds> kEventFields = {
    kHasAddress | kHasSize | kHasStack,                  // birth
    kHasAddress,                                         // release
    kHasAddress,                                         // restored
    kHasReference,                                       // mark
    kHasScope | kHasReference | kHasAddress | kHasSize,  // scope_begin
    kHasScope,                                           // scope_read
    kHasScope | kHasAddress | kHasSize,                  // owns
    kHasScope,                                           // scope_end
    0,                                                   // pause
    0,                                                   // resume
    kHasSize,                                            // rate
    kHasSize,                                            // depth
    0,                                                   // passed
};

constexpr std::uint8_t fields_of(EventKind kind) { return kEventFields[static_cast<std::size_t>(kind)]; }

// Kind in the low four bits of the `kinds` column's byte, function in the high four.
inline constexpr int kFunctionShift = 4;
inline constexpr std::uint8_t kKindMask = 15;

inline constexpr std::uint32_t kMaxEventsPerBlock = 1u << 20;

// How addresses are coded; FORMAT.md describes both.
inline constexpr std::uint8_t kPlainCoding = 0;  // format 1.0: as differences
inline constexpr std::uint8_t kHabitCoding = 1;  // since 1.1: by the allocator's habits, see address_model.h

}  // namespace heaptape
