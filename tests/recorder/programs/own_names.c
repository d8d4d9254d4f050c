/* Calls the allocator that it is linked with by the allocator's own names. Says how many blocks it got, and bytes. */
#include <stdlib.h>

#include "tests/recorder/programs/print.h"

static unsigned long births, bytes;

static void* got(void* block, size_t size) {
  if (block == NULL) _exit(3);
  ++births;
  bytes += size;
  return block;
}

#if defined(USE_JEMALLOC)
#include <jemalloc/jemalloc.h>
static void by_own_names(size_t n) {
  dallocx(got(mallocx(n, 0), n), 0);
  void* block = got(mallocx(n, MALLOCX_ALIGN(64) | MALLOCX_ZERO), n);
  block = got(rallocx(block, 3 * n, 0), 3 * n);
  if (xallocx(block, 3 * n + 1, 0, 0) >= 3 * n + 1) got(block, 3 * n + 1);
  if (xallocx(block, 1 << 24, 0, 0) >= 1 << 24) _exit(4); /* can't grow so far */
  sdallocx(got(mallocx(n, 0), n), n, 0);
  free(block);
}
#elif defined(USE_TCMALLOC)
#include <gperftools/tcmalloc.h>
/* Which the header has for C++ only. */
void* tc_new(size_t);
void* tc_newarray(size_t);
void tc_delete(void*);
void tc_deletearray_sized(void*, size_t);
void tc_free_sized(void*, size_t);
static void by_own_names(size_t n) {
  tc_free(got(tc_malloc(n), n));
  void* block = got(tc_calloc(2, n), 2 * n);
  block = got(tc_realloc(block, 3 * n), 3 * n);
  free(block);
  tc_delete(got(tc_new(n), n));
  tc_deletearray_sized(got(tc_newarray(n), n), n);
  tc_free_sized(got(tc_memalign(64, n), n), n);
}
#else
#include <mimalloc.h>
static void by_own_names(size_t n) {
  mi_free(got(mi_malloc(n), n));
  void* block = got(mi_calloc(2, n), 2 * n);
  block = got(mi_realloc(block, 3 * n), 3 * n);
  block = got(mi_reallocn(block, 4, n), 4 * n);
  free(block);
  mi_free_size(got(mi_zalloc(n), n), n);
  mi_free_aligned(got(mi_malloc_aligned(n, 64), n), 64);
  mi_free(got(mi_heap_calloc(mi_heap_get_default(), 3, n), 3 * n));
  mi_free(got(mi_new(n), n));
}
#endif

int main(void) {
  for (size_t n = 1; n <= 200; ++n) by_own_names(n);
  free(got(malloc(4711), 4711));
  print_number(births);
  print_number(bytes);
  return 0;
}
