// Adopts its orphaned descendants, then becomes the program that its words name.
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return 9;
  execvp(argv[1], argv + 1);
  return 8;
}
