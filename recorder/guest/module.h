// Modules, noted the first time a frame falls into one. `_dl_find_object` takes no lock.
//
// Under malloc, any thread.
#pragma once

#include "recorder/guest/lane.h"

namespace heaptape::guest {

// Sees to it that the modules around these addresses are known to the drain before anything that refers to them.
void note_modules(ThreadState& thread, const std::uint64_t* addresses, std::uint32_t count) noexcept;

// How many modules the process has unloaded so far. Takes the loader's lock: for dlclose, which does so anyway.
std::uint64_t modules_unloaded() noexcept;
// What was known of modules and stacks may not hold any more.
void begin_epoch() noexcept;

}  // namespace heaptape::guest
