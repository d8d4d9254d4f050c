// Eight threads pass blocks around through shared slots, so that addresses are freed by one and reused
// by another at once. 400,000 operations a thread.
#include <stdlib.h>

#include <atomic>
#include <thread>
#include <vector>

int main() {
  static std::atomic<void*> slots[64];
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 8; ++seed)
    threads.emplace_back([seed] {
      unsigned state = seed * 2654435761u;
      for (int i = 0; i < 400000; ++i) {
        state = state * 1664525u + 1013904223u;
        free(slots[state >> 26].exchange(malloc(16 + (state >> 20) % 64)));
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (auto& slot : slots) free(slot.load());
}
