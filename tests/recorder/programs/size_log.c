/* A library to preload that writes each request for memory to a file, in order: an oracle that shares no code with the
 * recorder. It goes by glibc's own names, so that it needs no look-up. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

static int file = -1;

static void note(const char* name, size_t bytes) {
  const int kept = errno;
  if (file < 0) {
    char path[512];
    const char* front = getenv("SIZE_LOG");
    if (front == NULL || snprintf(path, sizeof path, "%s.%s", front, program_invocation_short_name) < 0) return;
    /* Far from the numbers that a program looks at. */
    const int opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    file = fcntl(opened, F_DUPFD_CLOEXEC, 900);
    close(opened);
  }
  char line[64];
  const int length = snprintf(line, sizeof line, "%s %zu\n", name, bytes);
  if (write(file, line, (size_t)length) != length) _exit(99);
  errno = kept;
}

void* malloc(size_t bytes) {
  note("malloc", bytes);
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t size) {
  note("calloc", count * size);
  return __libc_calloc(count, size);
}
void* realloc(void* block, size_t bytes) {
  note("realloc", bytes);
  return __libc_realloc(block, bytes);
}
void* memalign(size_t alignment, size_t bytes) {
  note("memalign", bytes);
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  note("aligned_alloc", bytes);
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** block, size_t alignment, size_t bytes) {
  note("posix_memalign", bytes);
  void* made = __libc_memalign(alignment, bytes);
  if (made == NULL) return ENOMEM;
  *block = made;
  return 0;
}
void free(void* block) {
  if (block != NULL) note("free", 1); /* the recorder does not hand on what does nothing */
  __libc_free(block);
}
