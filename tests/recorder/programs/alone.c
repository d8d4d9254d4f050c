// Says what a program could notice of a recorder's process: children, signals, threads, descriptors, orphans.
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int count_entries(const char* folder) {
  int count = 0;
  DIR* open = opendir(folder);
  while (readdir(open) != NULL) ++count;
  closedir(open);
  return count - 2;
}

static volatile sig_atomic_t signals;
static void on_signal(int number) { signals += number == SIGCHLD; }

int main(void) {
  signal(SIGCHLD, on_signal);
  for (int i = 0; i < 1000; ++i) free(malloc(111));
  int status;
  const pid_t child = waitpid(-1, &status, WNOHANG | __WALL);
  printf("child %d %s, signals %d, threads %d, descriptors %d, preload %s\n", (int)child, strerror(errno), (int)signals,
         count_entries("/proc/self/task"), count_entries("/proc/self/fd"), getenv("LD_PRELOAD") == NULL ? "no" : "yes");
  return 0;
}
