/* Loads a library in C++ and lets it work. */
#include <dlfcn.h>
#include <stddef.h>

int main(int argc, char** argv) {
  void* plugin = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW | RTLD_LOCAL);
  if (plugin == NULL) return 1;
  int (*work)(void) = (int (*)(void))dlsym(plugin, "work");
  if (work == NULL || work() != 100) return 2;
  return dlclose(plugin);
}
