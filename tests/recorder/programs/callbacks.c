// Allocates wherever libc calls back: what a walk has to cross is libc's own code.
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void* volatile keep;

static void allocate(void) {
  keep = malloc(48);
  free(keep);
}
static int compare(const void* a, const void* b) {
  allocate();
  return *(const int*)a - *(const int*)b;
}
static int compare_with(const void* a, const void* b, void* unused) {
  (void)unused;
  return compare(a, b);
}
static void visit(const void* node, VISIT which, int depth) {
  (void)node, (void)which, (void)depth;
  allocate();
}
static void* thread(void* key) {
  pthread_setspecific(*(pthread_key_t*)key, "x");
  allocate();
  return NULL;
}
static void destroy(void* value) {
  (void)value;
  allocate();
}
static void on_signal(int number) {
  (void)number;
  allocate();
}

int main(void) {
  atexit(allocate);
  int numbers[300];
  for (int i = 0; i < 300; ++i) numbers[i] = i * 7919 % 300;
  qsort(numbers, 300, sizeof *numbers, compare);
  qsort_r(numbers, 300, sizeof *numbers, compare_with, NULL);
  for (int i = 0; i < 300; ++i) bsearch(&i, numbers, 300, sizeof *numbers, compare);
  void* root = NULL;
  for (int i = 0; i < 300; ++i) tsearch(&numbers[i * 31 % 300], &root, compare);
  twalk(root, visit);
  pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, allocate);
  pthread_key_t key;
  pthread_key_create(&key, destroy);
  for (int i = 0; i < 20; ++i) {
    pthread_t id;
    pthread_create(&id, NULL, thread, &key);
    pthread_join(id, NULL);
  }
  signal(SIGUSR1, on_signal);
  for (int i = 0; i < 20; ++i) raise(SIGUSR1);
  return 0;
}
