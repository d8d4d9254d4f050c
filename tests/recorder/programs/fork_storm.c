// fork_storm THREADS FORKS [raw]: threads allocate without end while the main thread forks. Each child has two threads
// of its own that allocate 100 blocks of 77 bytes each, and a second in which to end. raw: by the bare system call.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void* allocate_for_ever(void* unused) {
  for (;;) {
    free(malloc(40));
    usleep(1);
  }
  return unused;
}

static void* allocate_a_hundred(void* unused) {
  for (int i = 0; i < 100; ++i) free(malloc(77));
  return unused;
}

static int child(void) {
  alarm(20);  // a hang ends it, and shows
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i)
    if (pthread_create(&threads[i], NULL, allocate_a_hundred, NULL) != 0) return 3;
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  return 0;
}

// After the bare system call libc knows nothing of the child, so that it must not start threads.
static int bare_child(void) {
  alarm(20);
  allocate_a_hundred(NULL);
  allocate_a_hundred(NULL);
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 3) return 9;
  const int raw = argc > 3 && strcmp(argv[3], "raw") == 0;
  for (int i = 0; i < atoi(argv[1]); ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, allocate_for_ever, NULL) != 0) return 8;
  }
  for (int i = 0; i < atoi(argv[2]); ++i) {
    const pid_t pid = raw ? (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) : fork();
    if (pid == 0) _exit(raw ? bare_child() : child());
    int status;
    if (waitpid(pid, &status, 0) != pid || status != 0) {
      fprintf(stderr, "child %d ended with %#x\n", i, status);
      return 1;
    }
  }
  return 0;
}
