// The exported operators themselves: each jumps through a table, which at first leads to `heaptape_first_operator`.
#pragma once

#include <cstdint>

namespace heaptape::guest {

inline constexpr int kNewOperators = 8, kOperators = 20;
extern const char* const kOperatorNames[kOperators];  // those that allocate come first

}  // namespace heaptape::guest

extern "C" {
[[gnu::visibility("hidden")]] extern void* heaptape_operator_targets[heaptape::guest::kOperators];
// Answers where an operator that is called before the next allocator is known goes to.
[[gnu::visibility("hidden")]] void* heaptape_first_operator(std::uintptr_t index) noexcept;
}
