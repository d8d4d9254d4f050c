// turnover EVENTS [PAIRS]: frees and allocates at random, the same each time, from 5,000 slots by a dozen call paths.
// What it holds grows up to half-way, and shrinks again. Kills its parent so many pairs before the end.
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static void* slots[5000];

template <int kDepth>
[[gnu::noinline]] void* down(unsigned path, size_t bytes) {
  void* block = (path & 1) != 0 || kDepth == 0 ? malloc(bytes) : down<(kDepth == 0 ? 0 : kDepth - 1)>(path >> 1, bytes);
  asm volatile("" : "+r"(block));
  return block;
}

int main(int argc, char** argv) {
  const uint64_t pairs = strtoull(argv[1], nullptr, 10) / 2;
  const uint64_t fatal = argc > 2 ? pairs - strtoull(argv[2], nullptr, 10) : UINT64_MAX;
  uint64_t state = 1;
  for (uint64_t i = 0; i < pairs; ++i) {
    if (i == fatal) kill(getppid(), SIGKILL);
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto random = static_cast<uint32_t>(state >> 33);
    const uint64_t reach = 100 + 4900 * (i < pairs / 2 ? i : pairs - i) / pairs;
    void*& slot = slots[random % reach];
    free(slot);
    slot = down<12>(random >> 13, 16 + random % 701);
    if (random % 16 == 0) free(slots[4999 - random % 4000]), slots[4999 - random % 4000] = nullptr;
  }
}
