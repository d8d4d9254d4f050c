/* Says what a guest could have left in the process: threads, descriptors, signal handlers, environment, and names of
 * C++ in a program of C. */
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char** environ;

static void list(const char* folder) {
  DIR* all = opendir(folder);
  int count = 0;
  for (struct dirent* entry; (entry = readdir(all)) != NULL;) count += entry->d_name[0] != '.';
  closedir(all);
  printf("%s: %d entries\n", folder, count);
}

static void print_lines(const char* path, const char* front) {
  FILE* file = fopen(path, "r");
  for (char line[256]; fgets(line, sizeof line, file) != NULL;)
    if (strncmp(line, front, strlen(front)) == 0) fputs(line, stdout);
  fclose(file);
}

int main(void) {
  free(malloc(1));
  list("/proc/self/task");
  list("/proc/self/fd");
  print_lines("/proc/self/status", "SigBlk");
  print_lines("/proc/self/status", "SigIgn");
  print_lines("/proc/self/status", "SigCgt");
  print_lines("/proc/self/status", "Seccomp");
  for (char** entry = environ; *entry != NULL; ++entry)
    if (strncmp(*entry, "LD_PRELOAD=", 11) != 0 && strncmp(*entry, "HEAPTAPE_", 9) != 0) puts(*entry);
  static const char* const names[] = {"_Znwm", "_ZdlPv", "_ZdlPvmSt11align_val_t", "mallocx", "heaptape_mark"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i)
    printf("%s: %s\n", names[i], dlsym(RTLD_DEFAULT, names[i]) == NULL ? "absent" : "there");
  return 0;
}
