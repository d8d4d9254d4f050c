// Leaves recorded frames by exceptions and by longjmp, 1,000 times each, and allocates 333 bytes at one place before,
// between and after: that place's stack must stay the same.
#include <setjmp.h>
#include <stdlib.h>

#include <memory>

namespace {

jmp_buf back;

void allocate(std::size_t bytes) {
  void* volatile block = malloc(bytes);
  free(block);
}

[[gnu::noinline]] void throws(int depth) {
  const std::unique_ptr<char[]> held(new char[61]);
  if (depth == 0) throw depth;
  throws(depth - 1);
  asm volatile("" ::"r"(held.get()) : "memory");
}

[[gnu::noinline]] void jumps(int depth) {
  allocate(62);
  if (depth == 0) longjmp(back, 1);
  jumps(depth - 1);
  asm volatile("" ::: "memory");
}

}  // namespace

int main() {
  for (volatile int round = 0; round < 1000; ++round) {
    try {
      throws(9);
    } catch (int) {
      allocate(63);
    }
    if (setjmp(back) == 0) jumps(9);
    allocate(333);
  }
}
