// Loads two libraries in turn, ROUNDS times, lets each allocate, unloads it, and prints how often the second one came
// to lie where the first had been: reused_address FIRST SECOND ROUNDS
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void* visit(const char* path) {
  void* library = dlopen(path, RTLD_NOW);
  if (library == NULL) exit(3);
  void* place = dlsym(library, "plugin_allocate");
  ((void (*)(void))place)();
  dlclose(library);
  return place;
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  int same = 0;
  for (int i = 0; i < atoi(argv[3]); ++i) {
    void* first = visit(argv[1]);
    same += visit(argv[2]) == first;
  }
  printf("%d\n", same);
  return 0;
}
