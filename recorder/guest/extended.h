// Hooks of an allocator's own names, see extended_names.h.
//
// Under malloc, any thread.
#pragma once

namespace heaptape::guest {

// Once, while the next allocator is looked up. Names that nobody has are withdrawn.
void find_extended() noexcept;

}  // namespace heaptape::guest
