// A known number of blocks by every way there is to ask for one, freed by every way there is to give one back. Sizes
// are multiples of their alignment, so that nobody has to round them. Says how many, and how many bytes.
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#include "tests/recorder/programs/print.h"

namespace {

constexpr std::align_val_t kAligned{64};
std::uint64_t births = 0, bytes = 0;

// The optimiser may not pair news with deletes.
template <class Type>
Type* seen(Type* block, std::size_t size) {
  asm volatile("" : "+r"(block)::"memory");
  if (block == nullptr) _exit(3);
  ++births;
  bytes += size;
  return block;
}

void with_new(std::size_t n) {
  const std::size_t size = 64 * n;
  ::operator delete(seen(::operator new(size), size));
  ::operator delete(seen(::operator new(size), size), size);
  ::operator delete(seen(::operator new(size, std::nothrow), size), std::nothrow);
  ::operator delete(seen(::operator new(size, kAligned), size), kAligned);
  ::operator delete(seen(::operator new(size, kAligned), size), size, kAligned);
  ::operator delete(seen(::operator new(size, kAligned, std::nothrow), size), kAligned, std::nothrow);
  ::operator delete[](seen(::operator new[](size), size));
  ::operator delete[](seen(::operator new[](size), size), size);
  ::operator delete[](seen(::operator new[](size, std::nothrow), size), std::nothrow);
  ::operator delete[](seen(::operator new[](size, kAligned), size), kAligned);
  ::operator delete[](seen(::operator new[](size, kAligned), size), size, kAligned);
  ::operator delete[](seen(::operator new[](size, kAligned, std::nothrow), size), kAligned, std::nothrow);
  ::operator delete(nullptr);
}

void with_malloc(std::size_t n) {
  const std::size_t size = 64 * n;
  free(seen(malloc(size), size));
  void* block = seen(calloc(8, 8 * n), size);
  block = seen(realloc(block, size + 64), size + 64);
  block = seen(realloc(block, 64), 64);
  free(block);
  free(seen(realloc(nullptr, size), size));
  free(seen(aligned_alloc(64, size), size));
  free(seen(memalign(64, size), size));
  if (posix_memalign(&block, 64, size) != 0) _exit(3);
  free(seen(block, size));
  free(seen(valloc(size), size));
}

}  // namespace

int main(int argc, char**) {
  for (std::size_t n = 1; n <= 84; ++n) with_new(n);  // 1,008 blocks
  for (std::size_t n = 1; n <= 84; ++n) with_malloc(n);
  // What can't be had is thrown, or null, and the next block is as any other. Left out with an argument: an allocator
  // that is built without exceptions ends the program instead.
  if (argc == 1) {
    try {
      seen(::operator new(PTRDIFF_MAX / 2), 0);
      return 4;
    } catch (const std::bad_alloc&) {
    }
    if (::operator new(PTRDIFF_MAX / 2, std::nothrow) != nullptr) return 5;
  }
  ::operator delete(seen(::operator new(4711), 4711));
  print_number(births);
  print_number(bytes);
}
