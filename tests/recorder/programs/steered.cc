// Threads that allocate and free one block at a time, the n-th of 16 + n % 4000 bytes, until the file named first
// exists.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

int main(int argc, char** argv) {
  if (argc > 2 && fork() != 0) return wait(nullptr) < 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      for (unsigned n = 0; access(argv[1], F_OK) != 0; usleep(500))
        for (int turn = 0; turn < 50; ++turn, ++n) free(malloc(16 + n % 4000));
    });
  for (std::thread& thread : threads) thread.join();
}
