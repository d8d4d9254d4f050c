// Calls each function of the malloc family once with sizes that are easy to recognise, edge cases included.
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void cfree(void*) __attribute__((weak));

static void* volatile keep;

int main(void) {
  errno = 0;
  free(NULL);
  keep = malloc(1001);
  free(keep);
  keep = malloc(0);
  free(keep);
  keep = calloc(7, 143);  // 1001
  keep = realloc(keep, 1002);
  keep = realloc(keep, 100003);
  if (realloc(keep, SIZE_MAX / 2) != NULL) return 1;  // fails: the block lives on
  free(keep);
  keep = realloc(NULL, 1004);
  if (realloc(keep, 0) != NULL) return 2;  // frees
  if (calloc(SIZE_MAX, 16) != NULL) return 3;
  if (malloc(SIZE_MAX / 2) != NULL) return 4;
  keep = aligned_alloc(64, 1024);
  free(keep);
  keep = memalign(128, 1006);
  free(keep);
  void* block = NULL;
  if (posix_memalign(&block, 32, 1007) != 0) return 5;
  free(block);
  if (posix_memalign(&block, 3, 1) != EINVAL) return 6;  // bad alignment: nothing is born
  keep = valloc(1008);
  free(keep);
  keep = pvalloc(1009);
  if (malloc_usable_size(keep) < 1009) return 7;
  free(keep);
  keep = reallocarray(NULL, 10, 101);  // libc's calls our realloc
  free(keep);
  free(strdup("eleven char"));
  /* The edges: what fails gives no event, what the allocator takes is passed on as it is. */
  if (malloc(PTRDIFF_MAX) != NULL || malloc((size_t)PTRDIFF_MAX + 1) != NULL || errno != ENOMEM) return 9;
  if (calloc(SIZE_MAX / 2, 3) != NULL || reallocarray(NULL, SIZE_MAX / 2, 3) != NULL) return 10;
  if (aligned_alloc(64, PTRDIFF_MAX) != NULL || memalign(64, PTRDIFF_MAX) != NULL) return 11;
  if (posix_memalign(&block, 64, PTRDIFF_MAX) != ENOMEM || posix_memalign(&block, 0, 8) != EINVAL) return 12;
  if (valloc(PTRDIFF_MAX) != NULL || pvalloc(SIZE_MAX - 5000) != NULL) return 13;
  free(calloc(0, 1018));
  free(calloc(1019, 0));
  free(realloc(NULL, 0));
  free(aligned_alloc(3, 1021)); /* no power of two: glibc takes it */
  free(memalign(24, 1022));
  free(memalign(0, 1023));
  if (posix_memalign(&block, sizeof(void*), 0) != 0) return 14;
  free(block);
  keep = malloc(1024);
  keep = reallocarray(keep, 5, 205);  // 1025
  if (reallocarray(keep, SIZE_MAX, 2) != NULL) return 15; /* libc sees the overflow and calls nobody */
  keep = realloc(keep, 7);
  if (malloc_usable_size(keep) < 7 || malloc_usable_size(NULL) != 0) return 16;
  free(keep);
  cfree != NULL ? cfree(malloc(1026)) : free(malloc(1026));
  free(strndup("twenty characters or so", 20));
  errno = 4711;
  free(malloc(1013));
  return errno == 4711 ? 0 : 8;
}
