// Threads that free on their way out: a key's destructor (601 bytes), a thread_local's (602), and the clean-up of one
// that is cancelled (603). Then the main thread goes on (604).
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>

namespace {

pthread_key_t key;
std::atomic<bool> is_ready{false};

struct Owner {
  void* block = nullptr;
  ~Owner() { free(block); }
};
thread_local Owner owner;

void* ends(void*) {
  pthread_setspecific(key, malloc(601));
  owner.block = malloc(602);
  return nullptr;
}

void* is_cancelled(void*) {
  void* block = malloc(603);
  pthread_cleanup_push(free, block);
  is_ready = true;
  for (;;) {
    free(malloc(48));
    pthread_testcancel();
  }
  pthread_cleanup_pop(1);
  return nullptr;
}

}  // namespace

int main() {
  pthread_key_create(&key, free);
  pthread_t thread;
  pthread_create(&thread, nullptr, ends, nullptr);
  pthread_join(thread, nullptr);
  pthread_create(&thread, nullptr, is_cancelled, nullptr);
  while (!is_ready) usleep(100);
  pthread_cancel(thread);
  pthread_join(thread, nullptr);
  for (int i = 0; i < 10; ++i) free(malloc(604));
}
