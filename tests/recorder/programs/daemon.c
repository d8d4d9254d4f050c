// daemon FILE: becomes a daemon (two forks, a session of its own) that allocates 10 blocks of 99 bytes once FILE is
// gone, and ends with status 6. The parent ends at once with status 5.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void* volatile keep;

int main(int argc, char** argv) {
  if (argc < 2) return 9;
  if (fork() != 0) return 5;
  setsid();
  if (fork() != 0) _exit(0);
  const int null = open("/dev/null", O_RDWR);
  for (int standard = 0; standard <= 2; ++standard) dup2(null, standard);
  while (access(argv[1], F_OK) == 0) usleep(1000);
  for (int i = 0; i < 10; ++i) keep = malloc(99);
  _exit(6);
}
