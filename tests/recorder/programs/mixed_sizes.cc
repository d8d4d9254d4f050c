// Allocates blocks of many sizes, most of them small, frees some at once and keeps others; the same each time.
// mixed_sizes [BLOCKS [THREADS]]
#include <stdlib.h>

#include <thread>
#include <vector>

namespace {

void work(unsigned state, int blocks) {
  constexpr unsigned kKept = 2000;
  void* kept[kKept] = {};
  for (int i = 0; i < blocks; ++i) {
    state = state * 1664525u + 1013904223u;
    const unsigned size = (state >> 8) % (8u << (state >> 24) % 12);
    void* block = malloc(size);
    if ((state >> 4 & 3) == 0) {
      free(block);
    } else if ((state >> 4 & 3) == 1) {
      free(realloc(block, size + 40));
    } else {
      free(kept[(state >> 12) % kKept]);
      kept[(state >> 12) % kKept] = block;
    }
  }
  for (unsigned i = 0; i < kKept / 2; ++i) free(kept[i]);
}

}  // namespace

int main(int argc, char** argv) {
  const int blocks = argc > 1 ? atoi(argv[1]) : 100000;
  const unsigned others = argc > 2 ? static_cast<unsigned>(atoi(argv[2])) - 1 : 0;
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= others; ++seed) threads.emplace_back(work, seed * 2654435761u, blocks);
  work(99, blocks);
  for (std::thread& thread : threads) thread.join();
}
