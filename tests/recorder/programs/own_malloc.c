/* A program that brings its own malloc: a bump allocator. */
#include <stddef.h>
#include <string.h>

static char arena[1 << 20];
static size_t used;

void* malloc(size_t bytes) {
  void* block = arena + used;
  used += (bytes + 15) & ~(size_t)15;
  return used <= sizeof arena ? block : NULL;
}
void free(void* block) { (void)block; }
void* calloc(size_t count, size_t size) { return malloc(count * size); }
void* realloc(void* block, size_t bytes) {
  void* moved = malloc(bytes);
  if (block != NULL && moved != NULL) memmove(moved, block, bytes);
  return moved;
}

int main(void) {
  char* volatile block = malloc(100);
  block[0] = 1;
  free(block);
  return block == NULL;
}
