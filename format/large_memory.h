// Memory for large arrays that are visited at random: in huge pages where they can be had, since looking up a page
// costs more than the visit, and making one as much as filling it.
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace heaptape {

// What an event will touch in such an array is fetched this many events before.
inline constexpr std::size_t kFetchAhead = 16;

// Zeroed, and at the beginning of a cache line. Throws std::bad_alloc. `bytes` as given to allocate.
void* allocate_large(std::size_t bytes);
void free_large(void* memory, std::size_t bytes) noexcept;

// An element that is made without a value is left as the memory is, zero where that is fresh: for types whose default
// that is, or that are written before they are read. So what is not used takes no memory.
template <typename T>
struct LargeAllocator {
  using value_type = T;
  LargeAllocator() = default;
  template <typename U>
  LargeAllocator(const LargeAllocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return static_cast<T*>(allocate_large(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { free_large(memory, count * sizeof(T)); }
  template <typename U>
  void construct(U*) noexcept {}
  template <typename U, typename... Values>
  void construct(U* element, Values&&... values) {
    ::new (static_cast<void*>(element)) U{std::forward<Values>(values)...};
  }
  template <typename U>
  bool operator==(const LargeAllocator<U>&) const noexcept {
    return true;
  }
};

template <typename T>
using LargeVector = std::vector<T, LargeAllocator<T>>;

}  // namespace heaptape
