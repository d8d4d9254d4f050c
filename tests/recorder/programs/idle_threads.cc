// Sixty threads allocate once and then only wait, while main allocates 50,000 blocks of 56 bytes.
#include <stdlib.h>

#include <latch>
#include <thread>
#include <vector>

int main() {
  std::latch ready(60), over(1);
  std::vector<std::thread> threads;
  for (int i = 0; i < 60; ++i)
    threads.emplace_back([&] {
      free(malloc(55));
      ready.count_down();
      over.wait();
    });
  ready.wait();
  for (int i = 0; i < 50000; ++i) free(malloc(56));
  over.count_down();
  for (std::thread& thread : threads) thread.join();
}
