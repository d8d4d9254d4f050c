// Marks as fast as it can while a 1 kHz timer's handler marks too; every third handler leaves by siglongjmp, out of
// the middle of whatever it interrupted. Prints how many marks each side finished, and how often it jumped.
#include <heaptape/heaptape.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static sigjmp_buf back;
static volatile sig_atomic_t fired = 0, jumps = 0;
static volatile long finished = 0;

static void on_alarm(int) {
  heaptape_mark("handler");
  fired = fired + 1;
  if (fired % 3 != 0) return;
  jumps = jumps + 1;
  siglongjmp(back, 1);
}

int main() {
  struct sigaction action {};
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval often{{0, 1000}, {0, 1000}}, never{};
  setitimer(ITIMER_REAL, &often, nullptr);
  sigsetjmp(back, 1);
  while (fired < 300) {
    heaptape_mark("main");
    finished = finished + 1;
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  for (int i = 0; i < 100; ++i) heaptape_mark("after");
  printf("%d %ld %d\n", static_cast<int>(fired), static_cast<long>(finished), static_cast<int>(jumps));
}
