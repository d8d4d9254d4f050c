/* A million calls, on the main thread and on fresh ones: none that succeeds may change errno. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { kMark = 4711 };
static long wrong;

static void* calls(void* count) {
  for (long i = 0; i < (long)count; i += 4) {
    errno = kMark;
    char* volatile block = malloc((size_t)i % 500 + 1);
    if (errno != kMark) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
    block = realloc(block, (size_t)i % 700 + 1);
    if (errno != kMark) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
    free(block);
    if (errno != kMark) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
    free(calloc(3, 7));
    if (errno != kMark) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
  }
  return NULL;
}

int main(void) {
  calls((void*)900000L);
  for (int i = 0; i < 100; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, calls, (void*)1000L) != 0) return 2;
    pthread_join(thread, NULL);
  }
  return wrong != 0;
}
