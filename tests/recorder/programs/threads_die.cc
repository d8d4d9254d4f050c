// 2,000 short threads, 8 at a time, each allocates and frees 10 blocks of 48 bytes.
#include <stdlib.h>

#include <thread>
#include <vector>

int main() {
  for (int round = 0; round < 250; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([] {
        for (int n = 0; n < 10; ++n) {
          void* volatile block = malloc(48);
          free(block);
        }
      });
    for (std::thread& thread : threads) thread.join();
  }
}
