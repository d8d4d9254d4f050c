// While another thread allocates without pause: marks, flushes, and kills the drain, which is its parent. What was
// flushed must be in the file by then.
#include <heaptape/heaptape.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <thread>

int main() {
  puts(getenv("HEAPTAPE_SESSION"));
  fflush(stdout);
  std::atomic<bool> done{false};
  std::thread busy([&] {
    while (!done) free(malloc(40));
  });
  usleep(2000);
  heaptape_mark("flushed");
  heaptape_flush();
  kill(getppid(), SIGKILL);
  done = true;
  busy.join();
  for (int i = 0; i < 200000; ++i) free(malloc(48));  // must not hang for want of a drain
}
