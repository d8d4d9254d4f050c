// Which stack a call came through: walked, hashed, and known by an id of the mapping.
//
// Under malloc, any thread. A stack that nobody has seen yet is first told to the drain by a record
// in the thread's own lane, and only then published to others.
#pragma once

#include <cstdint>

#include "recorder/guest/lane.h"

namespace heaptape::guest {

// The id of the stack that called the hook whose frame address is `hook`: its innermost frame is the hook's caller.
// 0: the stack could not be kept (counted).
std::uint32_t capture_stack(ThreadState& thread, const void* hook) noexcept;

}  // namespace heaptape::guest
