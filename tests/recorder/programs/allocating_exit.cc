// Four threads allocate without pause while main returns; a global's destructor allocates 100 blocks of 77 bytes.
#include <stdlib.h>

#include <thread>

namespace {

struct Late {
  ~Late() {
    for (int i = 0; i < 100; ++i) {
      void* volatile block = malloc(77);
      free(block);
    }
  }
} late;

}  // namespace

int main() {
  for (int i = 0; i < 4; ++i)
    std::thread([] {
      for (;;) {
        void* volatile block = malloc(40);
        free(block);
      }
    }).detach();
  for (int i = 0; i < 500; ++i) {
    void* volatile block = malloc(41);
    free(block);
  }
  return 3;
}
