// Whether this build of the tools and tests is sanitised. A sanitizer's runtime must come first in a program, and
// forbids cores: nothing else can be preloaded into such a tool, and it can't be recorded itself.
#pragma once

namespace heaptape::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace heaptape::testing
