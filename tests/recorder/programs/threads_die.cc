// Short threads, 8 at a time, each allocates and frees 10 blocks of 48 bytes: 2,000, or as many as the first argument
// says. Prints its own and its shared resident memory at the end, in KiB.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thread>
#include <vector>

namespace {

long resident(const char* what) {
  FILE* file = fopen("/proc/self/status", "r");
  char line[256];
  long kib = -1;
  while (file != nullptr && fgets(line, sizeof line, file) != nullptr)
    if (strncmp(line, what, strlen(what)) == 0) kib = atol(line + strlen(what));
  if (file != nullptr) fclose(file);
  return kib;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 2000;
  for (int begun = 0; begun < count; begun += 8) {
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
  printf("%ld %ld\n", resident("RssAnon:"), resident("RssShmem:"));
}
