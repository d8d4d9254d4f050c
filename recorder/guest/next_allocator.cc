#include "recorder/guest/next_allocator.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdint>

#include "recorder/guest/extended.h"
#include "recorder/guest/operators.h"

namespace heaptape::guest {
namespace {

enum class Lookup : int { none, under_way, done };
std::atomic<Lookup> lookup{Lookup::none};
constinit NextAllocator next{};  // filled before this library's own constructors run

template <class Fn>
void find(Fn*& function, const char* name) noexcept {
  function = reinterpret_cast<Fn*>(dlsym(RTLD_NEXT, name));
}

CodeRange module_of(const void* address) noexcept {
  dl_find_object found;
  if (_dl_find_object(const_cast<void*>(address), &found) != 0) return {};
  return {reinterpret_cast<std::uintptr_t>(found.dlfo_map_start), reinterpret_cast<std::uintptr_t>(found.dlfo_map_end)};
}

void look_up() noexcept {
  find(next.malloc, "malloc");
  find(next.free, "free");
  find(next.calloc, "calloc");
  find(next.realloc, "realloc");
  find(next.aligned_alloc, "aligned_alloc");
  find(next.memalign, "memalign");
  find(next.posix_memalign, "posix_memalign");
  find(next.valloc, "valloc");
  find(next.pvalloc, "pvalloc");
  find(next.malloc_usable_size, "malloc_usable_size");
  find(next.cfree, "cfree");
  find(next.free_sized, "free_sized");
  find(next.free_aligned_sized, "free_aligned_sized");
  find(next.dlclose, "dlclose");
  next.code = module_of(reinterpret_cast<const void*>(next.malloc));
  next.own_code = module_of(&next);
  find_operators(next);
#ifdef HEAPTAPE_EXTENDED
  find_extended();
#endif
}

constexpr std::size_t kPoolBytes = 64 * 1024;
alignas(4096) unsigned char pool[kPoolBytes];
std::atomic<std::size_t> pool_used{0};

// Apart, so that the hooks save no registers for it.
[[gnu::cold, gnu::noinline]] const NextAllocator* look_up_once() noexcept {
  auto expected = Lookup::none;
  if (!lookup.compare_exchange_strong(expected, Lookup::under_way, std::memory_order_acquire))
    return expected == Lookup::done ? &next : nullptr;
  look_up();
  lookup.store(Lookup::done, std::memory_order_release);
  return &next;
}

}  // namespace

const NextAllocator* next_allocator() noexcept {
  if (lookup.load(std::memory_order_acquire) == Lookup::done) [[likely]]
    return &next;
  return look_up_once();
}

void* pool_allocate(std::size_t bytes, std::size_t alignment) noexcept {
  if (alignment < 16) alignment = 16;
  if (bytes > kPoolBytes || alignment > 4096) return nullptr;
  // The size stands in the 16 bytes in front of each block.
  std::size_t used = pool_used.load(std::memory_order_relaxed);
  for (;;) {
    const std::size_t begin = (used + 16 + alignment - 1) & ~(alignment - 1);
    if (begin + bytes > kPoolBytes) return nullptr;
    if (!pool_used.compare_exchange_weak(used, begin + bytes, std::memory_order_relaxed)) continue;
    *reinterpret_cast<std::size_t*>(pool + begin - 16) = bytes;
    return pool + begin;
  }
}

bool in_pool(const void* pointer) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(pointer);
  const auto begin = reinterpret_cast<std::uintptr_t>(pool);
  return at - begin < kPoolBytes;
}

std::size_t pool_size_of(const void* pointer) noexcept {
  return *reinterpret_cast<const std::size_t*>(static_cast<const unsigned char*>(pointer) - 16);
}

}  // namespace heaptape::guest
