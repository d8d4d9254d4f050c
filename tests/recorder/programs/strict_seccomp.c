// Forbids itself every system call but the few that it makes, by SIGSYS; then allocates 75,000 blocks of 48 bytes: on the
// main thread, on one that was there before, and on one that starts afterwards.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static pthread_barrier_t started, forbidden;

static void allocate(void) {
  for (int i = 0; i < 25000; ++i) free(malloc(48));
}

static void* allocate_later(void* unused) {
  free(malloc(32));
  pthread_barrier_wait(&started);
  pthread_barrier_wait(&forbidden);
  allocate();
  return unused;
}

static void* allocate_now(void* unused) {
  allocate();
  return unused;
}

static int forbid(void) {
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(read),
      ALLOW(write),
      ALLOW(mmap),
      ALLOW(munmap),
      ALLOW(mprotect),
      ALLOW(madvise),
      ALLOW(brk),
      ALLOW(futex),
      ALLOW(exit),
      ALLOW(exit_group),
      ALLOW(rt_sigprocmask),
      ALLOW(clone3),
      ALLOW(set_robust_list),
      ALLOW(rseq),
      ALLOW(sched_getaffinity),
      ALLOW(openat),
      ALLOW(close),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  const struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}

int main(void) {
  pthread_t thread;
  pthread_barrier_init(&started, NULL, 2);
  pthread_barrier_init(&forbidden, NULL, 2);
  if (pthread_create(&thread, NULL, allocate_later, NULL) != 0) return 9;
  pthread_barrier_wait(&started);
  if (forbid() != 0) return 77;
  pthread_barrier_wait(&forbidden);
  allocate();
  pthread_join(thread, NULL);
  if (pthread_create(&thread, NULL, allocate_now, NULL) != 0) return 8;
  pthread_join(thread, NULL);
  return 0;
}
