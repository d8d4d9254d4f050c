/* Preloaded into `heaptape record`: makes the drain's writes to tapes fail or end as HEAPTAPE_TEST_WRITES says, a verb
 * and the number of the first write that it concerns:
 *   before N   killed when it is about to write
 *   half N     killed with half of it written
 *   after N    killed when it has written
 *   short 1    every other write is interrupted, all others write half at most
 *   slow N     each takes N ms */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_tape(int file) {
  char link[64], path[512], program[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length > 8 && memcmp(path + length - 8, ".keeping", 8) == 0) length -= 8; /* of a tape that is written anew */
  if (length < 5 || memcmp(path + length - 5, ".tape", 5) != 0) return 0;
  length = readlink("/proc/self/exe", program, sizeof program - 1);
  return length > 9 && memcmp(program + length - 9, "/heaptape", 9) == 0;
}

ssize_t write(int file, const void* bytes, size_t count) {
  static ssize_t (*real)(int, const void*, size_t);
  static int writes;
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "write");
  const char* what = getenv("HEAPTAPE_TEST_WRITES");
  if (what == NULL || !is_tape(file)) return real(file, bytes, count);
  ++writes;
  if (strncmp(what, "short", 5) == 0) {
    if (writes % 2 == 0) return real(file, bytes, count / 2 + 1);
    errno = EINTR;
    return -1;
  }
  if (strncmp(what, "slow", 4) == 0) {
    usleep((useconds_t)atoi(what + 5) * 1000);
    return real(file, bytes, count);
  }
  if (writes < atoi(strchr(what, ' ') + 1)) return real(file, bytes, count);
  if (what[0] == 'h') real(file, bytes, count / 2);
  if (what[0] == 'a') real(file, bytes, count);
  return raise(SIGKILL);
}
