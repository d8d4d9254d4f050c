// The exported malloc family: runs the next allocator with arguments passed on verbatim and records
// what happened. A release is committed before the real call, a birth before the pointer is returned.
//
// Nothing here validates arguments: what the allocator accepts is its own business.
#include <errno.h>
#include <string.h>

#include "recorder/guest/events.h"
#include "recorder/guest/image.h"
#include "recorder/guest/module.h"
#include "recorder/guest/next_allocator.h"

#define HEAPTAPE_HOOK extern "C" [[gnu::visibility("default")]]
#define HEAPTAPE_HERE __builtin_frame_address(0)  // makes the hook keep a frame pointer: the walk begins there

namespace {

using namespace heaptape::guest;
using heaptape::Function;

[[gnu::always_inline]] inline void* born(void* block, std::size_t bytes, Function function, const void* hook) noexcept {
  if (block != nullptr && is_recording() && !leaves_out_birth(bytes)) [[likely]]
    record_birth(block, bytes, function, hook);
  return block;
}

// Answers whether it is recorded.
[[gnu::always_inline]] inline bool released(const void* block, Function function) noexcept {
  return is_recording() && !leaves_out_release(block) && record_release(block, function);
}

// A block from the pool moves to the next allocator when it is resized.
void* move_from_pool(void* block, std::size_t bytes, const void* hook) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) {
    void* fresh = pool_allocate(bytes);
    if (fresh != nullptr) memcpy(fresh, block, pool_size_of(block) < bytes ? pool_size_of(block) : bytes);
    return fresh;
  }
  void* fresh = born(next->malloc(bytes), bytes, Function::realloc, hook);
  if (fresh != nullptr) memcpy(fresh, block, pool_size_of(block) < bytes ? pool_size_of(block) : bytes);
  return fresh;
}

}  // namespace

HEAPTAPE_HOOK void* malloc(std::size_t bytes) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return pool_allocate(bytes);
  return born(next->malloc(bytes), bytes, Function::malloc, HEAPTAPE_HERE);
}

HEAPTAPE_HOOK void* calloc(std::size_t count, std::size_t size) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]] {
    std::size_t bytes;  // the pool is zero to begin with and never reused
    return __builtin_mul_overflow(count, size, &bytes) ? nullptr : pool_allocate(bytes);
  }
  return born(next->calloc(count, size), count * size, Function::calloc, HEAPTAPE_HERE);
}

HEAPTAPE_HOOK void* realloc(void* block, std::size_t bytes) noexcept {
  if (block != nullptr && in_pool(block)) [[unlikely]]
    return move_from_pool(block, bytes, HEAPTAPE_HERE);
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return pool_allocate(bytes);
  if (block == nullptr) return born(next->realloc(block, bytes), bytes, Function::realloc, HEAPTAPE_HERE);
  const bool recorded = released(block, Function::realloc);
  void* moved = next->realloc(block, bytes);
  if (moved != nullptr) return born(moved, bytes, Function::realloc, HEAPTAPE_HERE);
  // glibc frees on realloc(p, 0) and answers null; any other null means that the block lives on.
  if (bytes != 0 && recorded) record_restored(block);
  return nullptr;
}

HEAPTAPE_HOOK void free(void* block) noexcept {
  if (block == nullptr || in_pool(block)) [[unlikely]]
    return;
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return;
  released(block, Function::free);
  next->free(block);
}

HEAPTAPE_HOOK void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return pool_allocate(bytes, alignment);
  return born(next->aligned_alloc(alignment, bytes), bytes, Function::aligned_alloc, HEAPTAPE_HERE);
}

HEAPTAPE_HOOK void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return pool_allocate(bytes, alignment);
  return born(next->memalign(alignment, bytes), bytes, Function::memalign, HEAPTAPE_HERE);
}

HEAPTAPE_HOOK int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]] {
    *block = pool_allocate(bytes, alignment);
    return *block == nullptr ? ENOMEM : 0;
  }
  const int result = next->posix_memalign(block, alignment, bytes);
  if (result == 0) born(*block, bytes, Function::posix_memalign, HEAPTAPE_HERE);
  return result;
}

HEAPTAPE_HOOK void* valloc(std::size_t bytes) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return pool_allocate(bytes, 4096);
  return born(next->valloc(bytes), bytes, Function::valloc, HEAPTAPE_HERE);
}

HEAPTAPE_HOOK void* pvalloc(std::size_t bytes) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return pool_allocate((bytes + 4095) & ~std::size_t{4095}, 4096);
  return born(next->pvalloc(bytes), bytes, Function::pvalloc, HEAPTAPE_HERE);
}

HEAPTAPE_HOOK std::size_t malloc_usable_size(void* block) noexcept {
  if (block != nullptr && in_pool(block)) return pool_size_of(block);
  const NextAllocator* next = next_allocator();
  return next == nullptr || next->malloc_usable_size == nullptr ? 0 : next->malloc_usable_size(block);
}

// Not in every libc: where the next allocator lacks one of these, it is what the standard says, a free.
HEAPTAPE_HOOK void cfree(void* block) noexcept {
  if (block == nullptr || in_pool(block)) return;
  const NextAllocator* next = next_allocator();
  if (next == nullptr) return;
  released(block, Function::cfree);
  next->cfree != nullptr ? next->cfree(block) : next->free(block);
}

HEAPTAPE_HOOK void free_sized(void* block, std::size_t bytes) noexcept {
  if (block == nullptr || in_pool(block)) return;
  const NextAllocator* next = next_allocator();
  if (next == nullptr) return;
  released(block, Function::free_sized);
  next->free_sized != nullptr ? next->free_sized(block, bytes) : next->free(block);
}

HEAPTAPE_HOOK void free_aligned_sized(void* block, std::size_t alignment, std::size_t bytes) noexcept {
  if (block == nullptr || in_pool(block)) return;
  const NextAllocator* next = next_allocator();
  if (next == nullptr) return;
  released(block, Function::free_aligned_sized);
  next->free_aligned_sized != nullptr ? next->free_aligned_sized(block, alignment, bytes) : next->free(block);
}

HEAPTAPE_HOOK int dlclose(void* handle) noexcept {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) return 0;
  if (!is_attached()) return next->dlclose(handle);
  const std::uint64_t before = modules_unloaded();
  const int result = next->dlclose(handle);
  if (modules_unloaded() != before) begin_epoch();  // most closes unload nothing
  return result;
}

// The image is joined before main, for programs that never allocate; and what the main thread needs is made now,
// before the program may forbid itself system calls.
[[gnu::constructor]] static void start() {
  if (is_attached()) thread_state();
}
