// vfork_storm N: N times a block of 55 bytes, then a vfork child that allocates 66 bytes, fails to exec and exits.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void* volatile keep;

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 1;
  for (int i = 0; i < rounds; ++i) {
    keep = malloc(55);
    const pid_t pid = vfork();
    if (pid == 0) {
      free(malloc(66));
      char* const nothing[] = {NULL};
      execve("/no/such/program", nothing, nothing);
      _exit(4);
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 4) return 1;
    free(keep);
  }
  return 0;
}
