#include "format/large_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace heaptape {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kCacheLine = 64;

std::size_t whole_pages(std::size_t bytes) { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

}  // namespace

void* allocate_large(std::size_t bytes) {
  if (bytes < kHugePage) {
    const std::size_t size = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
    void* const memory = std::aligned_alloc(kCacheLine, size);
    if (memory == nullptr && size != 0) throw std::bad_alloc();
    return size == 0 ? memory : std::memset(memory, 0, size);
  }
  // Where the system puts it, and as much more as it takes to begin at a huge page; the rest goes back.
  const std::size_t size = whole_pages(bytes), taken = size + kHugePage;
  if (size < bytes || taken < size) throw std::bad_alloc();
  void* const memory = mmap(nullptr, taken, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  char* const first = static_cast<char*>(memory);
  const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(memory) % kHugePage) % kHugePage;
  if (before != 0) munmap(first, before);
  if (before != kHugePage) munmap(first + before + size, kHugePage - before);
  madvise(first + before, size, MADV_HUGEPAGE);
  return first + before;
}

void free_large(void* memory, std::size_t bytes) noexcept {
  if (bytes < kHugePage)
    std::free(memory);
  else
    munmap(memory, whole_pages(bytes));
}

}  // namespace heaptape
