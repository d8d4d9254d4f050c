// FOLDER: closes all descriptors but 0 to 2, opens ten files in their place, writes to each between allocations; as
// root it also moves into FOLDER for good. Any word that a recorder would write through a descriptor of its own lands
// in one of the files.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2 || chdir(argv[1]) != 0) return 2;
  closefrom(3);
  if (geteuid() == 0 && (chroot(".") != 0 || chdir("/") != 0)) return 3;
  int files[10];
  for (int i = 0; i < 10; ++i) {
    char name[16];
    snprintf(name, sizeof name, "out.%d", i);
    files[i] = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (files[i] < 0) return 4;
  }
  for (int round = 0; round < 2000; ++round) {
    void* volatile block = malloc(66);
    if (write(files[round % 10], "line\n", 5) != 5) return 5;
    free(block);
  }
  return 0;
}
