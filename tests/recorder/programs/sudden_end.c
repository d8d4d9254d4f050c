// Allocates 10,000 blocks of 64 bytes, then ends as its argument says.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void* volatile keep;

int main(int argc, char** argv) {
  for (int i = 0; i < 10000; ++i) keep = malloc(64);
  const char* how = argc > 1 ? argv[1] : "";
  if (strcmp(how, "_exit") == 0) _exit(7);
  if (strcmp(how, "quick_exit") == 0) quick_exit(8);
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "kill") == 0) raise(SIGKILL);
  return 0;
}
