// THREADS PAIRS WHOM MICROSECONDS [FILE]: each thread allocates and frees PAIRS blocks, whose sizes tell thread and
// number: 8·(number mod 4096) + thread. After MICROSECONDS, main kills WHOM: "drain" (its parent), "self" or "nobody".
// FILE: bears for each thread how many blocks it has been given, in shared memory that outlives the program. With
// "writing-drain", it is the tape, and the time begins when a block of events is there.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

// Until the tape is longer than what stands before its first block of events; gives up after ten seconds.
static void wait_for_a_block(const char* tape) {
  struct stat status {};
  for (int i = 0; i < 50'000 && (stat(tape, &status) != 0 || status.st_size < 16'384); ++i) usleep(200);
}

int main(int, char** argv) {
  const int threads = atoi(argv[1]), pairs = atoi(argv[2]);
  const bool writing = strcmp(argv[3], "writing-drain") == 0;
  const bool drain = writing || strcmp(argv[3], "drain") == 0, self = strcmp(argv[3], "self") == 0;
  const auto microseconds = static_cast<useconds_t>(atoi(argv[4]));
  static std::atomic<unsigned> no_file[8];
  std::atomic<unsigned>* given = no_file;
  if (argv[5] != nullptr && !writing)
    given = static_cast<std::atomic<unsigned>*>(
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open(argv[5], O_RDWR), 0));
  std::vector<std::thread> all;
  all.reserve(static_cast<std::size_t>(threads));
  for (int t = 0; t < threads; ++t)
    all.emplace_back([=] {
      for (int i = 0; i < pairs; ++i) {
        void* volatile block = malloc(static_cast<std::size_t>(8 * (i % 4096) + t + 8));
        given[t].store(static_cast<unsigned>(i) + 1);
        free(block);
      }
    });
  if (writing) wait_for_a_block(argv[5]);
  if (drain || self) usleep(microseconds);
  if (drain) kill(getppid(), SIGKILL);
  if (self) kill(getpid(), SIGKILL);
  for (std::thread& one : all) one.join();
}
