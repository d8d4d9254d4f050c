// `operator new` and `operator delete` of an allocator that brings its own (jemalloc, tcmalloc, mimalloc): they go past
// its malloc, so they are hooked beside it. Where they are anyone else's (libstdc++'s, which call malloc and free) they
// are not ours to see, and callers go straight on to them: an entry is one jump, without a frame of its own.
//
// Under malloc, any thread.
#pragma once

#include "recorder/guest/next_allocator.h"

namespace heaptape::guest {

// Once, while the next allocator is looked up: finds the next definition of each operator and points the entries at
// it, by way of the recorder where it is the allocator's own. The names of the others are withdrawn from the dynamic
// linker, so that what is bound from then on is bound as it would be without us.
void find_operators(const NextAllocator& next) noexcept;

}  // namespace heaptape::guest
