// A library that is preloaded beside the recorder: shows that it is there, and allocates.
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void show(void) {
  void* volatile block = malloc(12345);
  free(block);
  if (write(1, "second\n", 7) != 7) _exit(1);
}
