#include "recorder/drain/detach.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace heaptape {

void detach() {
  setsid();
  for (const int number : {SIGPIPE, SIGXFSZ, SIGIO, SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGXCPU}) signal(number, SIG_IGN);
  for (const auto resource : {RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CPU}) {
    rlimit limit;
    if (getrlimit(resource, &limit) != 0) continue;
    const rlimit none{RLIM_INFINITY, RLIM_INFINITY};  // for those who may
    limit.rlim_cur = limit.rlim_max;
    if (resource == RLIMIT_NOFILE || setrlimit(resource, &none) != 0) setrlimit(resource, &limit);
  }
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int standard = 0; standard <= 2; ++standard) dup2(null, standard);
  close(null);
  // What the launcher was given without close-on-exec is the command's: a pipe must end when the command closes it.
  std::vector<int> inherited;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int number = std::stoi(entry.path().filename());
    const int flags = fcntl(number, F_GETFD);
    if (number > 2 && flags >= 0 && (flags & FD_CLOEXEC) == 0) inherited.push_back(number);
  }
  for (const int number : inherited) close(number);
}

}  // namespace heaptape
