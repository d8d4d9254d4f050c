/* Allocates, resizes and frees against a limit of the address space, so that much of it fails. Says how many blocks it
 * was given, and how many requests failed. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/recorder/programs/print.h"

enum { kSlots = 64, kRounds = 20000 };

static unsigned long address_space(void) {
  char text[64] = {0};
  const int file = open("/proc/self/statm", O_RDONLY);
  if (read(file, text, sizeof text - 1) <= 0) _exit(2);
  close(file);
  return strtoul(text, NULL, 10) * 4096;
}

int main(void) {
  static void* slots[kSlots];
  const struct rlimit limit = {address_space() + (48 << 20), RLIM_INFINITY};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 3;
  unsigned long given = 0, failed = 0;
  unsigned state = 1;
  for (int i = 0; i < kRounds; ++i) {
    state = state * 1664525u + 1013904223u;
    void** slot = &slots[state >> 26];
    const size_t bytes = (state >> 4) % (4 << 20) + 1;
    if (*slot != NULL && i % 3 == 0) {
      free(*slot);
      *slot = NULL;
      continue;
    }
    void* block = *slot == NULL ? malloc(bytes) : realloc(*slot, bytes);
    if (block == NULL)
      ++failed; /* what was there lives on */
    else {
      ++given;
      *slot = block;
    }
  }
  for (int i = 0; i < kSlots; ++i) free(slots[i]);
  print_number(given);
  print_number(failed);
  return 0;
}
