// The library's own table of dynamic symbols, as the dynamic linker reads it.
//
// While the process has one thread: before the first allocation is answered.
#pragma once

namespace heaptape::guest {

// Makes those of `names` that are marked invisible to look-ups from now on. What is bound to them stays bound.
void withdraw(const char* const* names, const bool* marked, int count) noexcept;

}  // namespace heaptape::guest
