// Stops and starts recording, marks, flushes, and then dies without warning.
#include <heaptape/heaptape.h>
#include <signal.h>
#include <stdlib.h>

static void* volatile keep;

int main() {
  keep = malloc(501);
  heaptape_stop();
  void* unseen = malloc(502);
  heaptape_start();
  free(unseen);
  heaptape_mark("half way");
  keep = malloc(503);
  heaptape_flush();
  raise(SIGKILL);
}
