// Says "ready", waits for SIGUSR1 and SIGTERM, says each, and exits with 5 on the second.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int number = 0;
    sigwait(&set, &number);
    printf("%s\n", number == SIGUSR1 ? "usr1" : "term");
    fflush(stdout);
    if (number == SIGTERM) return 5;
  }
}
