/* Linked at a fixed place, and its code takes the addresses of malloc and free: it has stubs of these names. */
#include <stdlib.h>

int main(void) {
  void* (*volatile allocate)(size_t) = malloc;
  void (*volatile give_back)(void*) = free;
  give_back(allocate(24));
  return 0;
}
