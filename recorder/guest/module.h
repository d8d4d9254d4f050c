// Modules, noted the first time a frame falls into one. `_dl_find_object` takes no lock.
//
// Under malloc, any thread.
#pragma once

#include "recorder/guest/lane.h"

namespace heaptape::guest {

// Sees to it that the module around `address` is known to the drain before anything that refers to it.
// False: no module is there.
bool note_module(ThreadState& thread, const void* address) noexcept;

// Called around dlclose: what was known of modules and stacks may not hold any more.
void begin_epoch() noexcept;

}  // namespace heaptape::guest
