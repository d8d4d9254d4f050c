// Linked with the recorder: 10 blocks of 70 bytes, then the wish to be recorded; they are freed, and 7 blocks of 71 bytes
// follow.
#include <heaptape/heaptape.h>
#include <stdlib.h>

static void* volatile keep;

int main(void) {
  void* early[10];
  for (int i = 0; i < 10; ++i) early[i] = malloc(70);
  heaptape_start();
  for (int i = 0; i < 10; ++i) free(early[i]);
  for (int i = 0; i < 7; ++i) keep = malloc(71);
  heaptape_mark("done");
  return 0;
}
