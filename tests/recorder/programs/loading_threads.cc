// Four threads load and unload libraries while four others allocate 57 bytes, 20,000 times each, from ever new depths:
// loading_threads FIRST SECOND
#include <dlfcn.h>
#include <stdlib.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

[[gnu::noinline]] void at_depth(int depth) {
  if (depth == 0) {
    void* volatile block = malloc(57);
    free(block);
  } else {
    at_depth(depth - 1);
  }
  asm volatile("" ::: "memory");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::atomic<bool> done{false};
  std::vector<std::thread> loading, allocating;
  for (int i = 0; i < 4; ++i)
    loading.emplace_back([&, i] {
      while (!done) {
        void* library = dlopen(argv[1 + i % 2], RTLD_NOW);
        if (library == nullptr) abort();
        reinterpret_cast<void (*)()>(dlsym(library, "plugin_allocate"))();
        dlclose(library);
      }
    });
  for (int i = 0; i < 4; ++i)
    allocating.emplace_back([i] {
      for (int n = 0; n < 20000; ++n) at_depth((n * 7 + i) % 40);
    });
  for (std::thread& thread : allocating) thread.join();
  done = true;
  for (std::thread& thread : loading) thread.join();
}
