// A library that allocates PLUGIN_BYTES. Two of them, equal but for that, take each other's place in memory.
#include <stdlib.h>

void* plugin_keep;

__attribute__((visibility("default"))) void plugin_allocate(void) {
  plugin_keep = malloc(PLUGIN_BYTES);
  free(plugin_keep);
}
