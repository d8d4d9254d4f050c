// Allocates in a signal handler on a stack of 8 KiB, and on a fiber whose stack ends in front of a page that nobody may
// touch, below a return address into a function whose frame would lie beyond that end.
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

static void* volatile keep;
static jmp_buf back;

static void on_signal(int number) {
  (void)number;
  keep = malloc(801);
  free(keep);
}

static void fiber(void) {
  keep = malloc(802);
  free(keep);
  __builtin_longjmp(back, 1);
}

// What the fiber seems to have been called from.
__attribute__((noinline)) static int decoy(int n) {
  volatile char room[600];
  room[n] = 1;
  keep = malloc(1);
  free(keep);
  return room[n / 2];
}

int main(void) {
  static char room[8192];
  stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);

  char* fiber_stack = mmap(NULL, 65536 + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* top = fiber_stack + 65536;
  mprotect(top, 4096, PROT_NONE);
  if (__builtin_setjmp(back) == 0) {
    __asm__ volatile("movq %0, %%rsp\n\tpushq %1\n\tjmpq *%2"
                     :
                     : "r"(top), "r"((char*)decoy + 40), "r"(fiber)
                     : "memory");
    __builtin_unreachable();
  }
  return decoy(5) == 77;
}
