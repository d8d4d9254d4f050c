// Allocates 10,000 blocks of 64 bytes, then ends as its argument says.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void* volatile keep;

static int overflow(volatile char* deeper) {
  volatile char room[1024];
  room[0] = deeper == 0 ? 0 : deeper[0];
  return overflow(room) + room[1];
}

int main(int argc, char** argv) {
  for (int i = 0; i < 10000; ++i) keep = malloc(64);
  const char* how = argc > 1 ? argv[1] : "";
  if (strcmp(how, "_exit") == 0) _exit(7);
  if (strcmp(how, "_Exit") == 0) _Exit(9);
  if (strcmp(how, "quick_exit") == 0) quick_exit(8);
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "kill") == 0) raise(SIGKILL);
  if (strcmp(how, "segv") == 0) *(volatile int*)0 = 1;
  if (strcmp(how, "overflow") == 0) return overflow(0);
  while (strcmp(how, "devour") == 0) memset(keep = malloc(1 << 20), 1, 1 << 20);
  return 0;
}
