// Starts `true` by each of libc's ways: posix_spawn, system, popen.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  pid_t pid;
  int status;
  char* const words[] = {"true", NULL};
  if (posix_spawnp(&pid, "true", NULL, NULL, words, environ) != 0 || waitpid(pid, &status, 0) != pid) return 1;
  if (system("exec true") != 0) return 2;
  FILE* pipe = popen("exec true", "r");
  return pipe == NULL || pclose(pipe) != 0 ? 3 : 0;
}
