// A thread names itself, allocates 91 bytes and sleeps for a fifth of a second.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <thread>

int main() {
  std::thread([] {
    pthread_setname_np(pthread_self(), "worker-7");
    void* volatile block = malloc(91);
    usleep(200000);
    free(block);
  }).join();
}
