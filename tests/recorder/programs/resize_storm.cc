// Eight threads resize and free each other's blocks through shared slots. The argument: operations a thread.
#include <stdlib.h>

#include <atomic>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  static std::atomic<void*> slots[64];
  const int operations = argc > 1 ? atoi(argv[1]) : 1000;
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 8; ++seed)
    threads.emplace_back([=] {
      unsigned state = seed * 2654435761u;
      for (int i = 0; i < operations; ++i) {
        state = state * 1664525u + 1013904223u;
        void* block = realloc(slots[state >> 26].exchange(nullptr), 16 + (state >> 20) % 64 * 8);
        free(slots[(state >> 14) % 64].exchange(block));
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (auto& slot : slots) free(slot.load());
}
