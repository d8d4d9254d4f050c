// Allocators that come as libraries, which take glibc's place.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace heaptape {

// By how the library's base name begins.
inline bool is_allocator_library(std::string_view base_name) {
  constexpr std::array<std::string_view, 5> kNames{"libjemalloc", "libtcmalloc", "libmimalloc", "libsnmalloc",
                                                   "libhoard"};
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) { return base_name.starts_with(name); });
}

}  // namespace heaptape
