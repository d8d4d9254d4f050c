// The allocator behind the hooks: whatever the dynamic linker would have called without us.
//
// Under malloc, any thread. Looking symbols up may itself allocate; such calls are served from a small
// static pool, whose pointers free and realloc recognise for good.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heaptape::guest {

// Where a module is loaded.
struct CodeRange {
  std::uintptr_t begin = 0, end = 0;
  bool holds(const void* address) const noexcept {
    return reinterpret_cast<std::uintptr_t>(address) - begin < end - begin;
  }
};

struct NextAllocator {
  void* (*malloc)(std::size_t);
  void (*free)(void*);
  void* (*calloc)(std::size_t, std::size_t);
  void* (*realloc)(void*, std::size_t);
  void* (*aligned_alloc)(std::size_t, std::size_t);
  void* (*memalign)(std::size_t, std::size_t);
  int (*posix_memalign)(void**, std::size_t, std::size_t);
  void* (*valloc)(std::size_t);
  void* (*pvalloc)(std::size_t);
  std::size_t (*malloc_usable_size)(void*);
  void (*cfree)(void*);                                         // null where it does not exist
  void (*free_sized)(void*, std::size_t);                       // null before C23
  void (*free_aligned_sized)(void*, std::size_t, std::size_t);  // null before C23
  int (*dlclose)(void*);
  CodeRange code;      // of the module that `malloc` lies in
  CodeRange own_code;  // of the recorder
};

// Null while the symbols are being looked up (by this thread, further up its stack): use the pool.
const NextAllocator* next_allocator() noexcept;

// The pool: 64 KiB, never given back. Null when it is used up.
void* pool_allocate(std::size_t bytes, std::size_t alignment = 16) noexcept;
bool in_pool(const void* pointer) noexcept;
std::size_t pool_size_of(const void* pointer) noexcept;

}  // namespace heaptape::guest
