// Allocates 31 bytes on each of as many stacks as the first argument says: the bits of its number choose one of two
// call sites at each of 24 levels.
#include <stdlib.h>

__attribute__((noinline)) static void path(unsigned bits, int level) {
  if (level == 0) {
    void* volatile block = malloc(31);
    free(block);
  } else if (bits & 1) {
    path(bits >> 1, level - 1);
  } else {
    __asm__ volatile("" ::: "memory");
    path(bits >> 1, level - 1);
  }
  __asm__ volatile("" ::: "memory");  // keeps the calls apart, and calls
}

int main(int argc, char** argv) {
  const unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
  for (unsigned i = 0; i < count; ++i) path((i * 2654435761u) >> 8, 24);
  return 0;
}
