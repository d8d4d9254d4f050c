// Stops and starts its own recording, at times that files in the folder named first tell.
#include <fcntl.h>
#include <heaptape/heaptape.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

static void* volatile keep;

static void wait_for(const std::string& file) {
  while (access(file.c_str(), F_OK) != 0) usleep(1000);
}

int main(int, char** argv) {
  const std::string folder = argv[1], first = folder + "/1", second = folder + "/2";
  keep = malloc(601);
  heaptape_stop();
  keep = malloc(602);
  wait_for(first);  // the session is paused by now
  heaptape_start();
  keep = malloc(603);
  heaptape_flush();
  close(creat((folder + "/started").c_str(), 0600));
  wait_for(second);  // the session goes on
  keep = malloc(604);
  heaptape_stop();
  keep = malloc(605);
}
