// Recurses as deep as the first argument says and allocates 700 bytes there.
#include <stdlib.h>

static void* volatile keep;

__attribute__((noinline)) static void down(int depth) {
  if (depth == 0) {
    keep = malloc(700);
    free(keep);
  } else {
    down(depth - 1);
  }
  __asm__ volatile("" ::: "memory");  // keeps the call from becoming a jump
}

int main(int argc, char** argv) {
  down(argc > 1 ? atoi(argv[1]) : 100);
  return 0;
}
