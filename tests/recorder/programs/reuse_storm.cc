// Eight threads pass blocks around through shared slots, so that addresses are freed by one and reused
// by another at once. Pairs of operations per thread: the first argument, or 400,000.
#include <stdlib.h>

#include <atomic>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  static std::atomic<void*> slots[64];
  const int pairs = argc > 1 ? atoi(argv[1]) : 400000;
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 8; ++seed)
    threads.emplace_back([seed, pairs] {
      unsigned state = seed * 2654435761u;
      for (int i = 0; i < pairs; ++i) {
        state = state * 1664525u + 1013904223u;
        free(slots[state >> 26].exchange(malloc(16 + (state >> 20) % 64)));
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (auto& slot : slots) free(slot.load());
}
