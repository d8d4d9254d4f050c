// A parent with a block; a child that frees it, allocates 5 blocks of 333 bytes and starts `true`.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void* volatile keep;

int main(void) {
  keep = malloc(222);
  if (fork() == 0) {
    free(keep);
    for (int i = 0; i < 5; ++i) keep = malloc(333);
    execlp("true", "true", (char*)NULL);
    _exit(9);
  }
  int status;
  wait(&status);
  free(keep);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
