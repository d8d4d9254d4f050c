#include "recorder/guest/spawn.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/guest/image.h"
#include "recorder/guest/text.h"
#include "recorder/mapping.h"

namespace heaptape::guest {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;
constexpr int kLongestAnswerMilliseconds = 10'000;

void* map_some(std::size_t bytes) noexcept {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

bool is_entry(const char* entry, const char* name) noexcept {
  const std::size_t length = strlen(name);
  return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

// A copy of the environment without two entries, in memory of its own; `extra` free places at the end.
struct Environment {
  char** entries = nullptr;
  std::size_t bytes = 0, count = 0;
};
Environment copy_environment(const char* without, const char* also_without, std::size_t extra) noexcept {
  std::size_t count = 0;
  while (environ != nullptr && environ[count] != nullptr) ++count;
  Environment copy;
  copy.bytes = (count + extra + 1) * sizeof(char*);
  copy.entries = static_cast<char**>(map_some(copy.bytes));
  if (copy.entries == nullptr) return copy;
  for (std::size_t i = 0; i < count; ++i)
    if (!is_entry(environ[i], without) && !is_entry(environ[i], also_without)) copy.entries[copy.count++] = environ[i];
  return copy;
}

// The command beside this library, as installed or as built. False: it is nowhere.
bool find_command(char (&path)[4096]) noexcept {
  const char* named = secure_getenv(kDrainVariable);
  if (named != nullptr && named[0] != '\0') {
    const std::size_t length = strnlen(named, sizeof path);
    if (length == sizeof path) return false;
    memcpy(path, named, length + 1);
    return access(path, X_OK) == 0;
  }
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(&spawn_drain), &found) != 0) return false;
  const char* library = found.dlfo_link_map->l_name;
  const char* end = library == nullptr ? nullptr : strrchr(library, '/');
  const std::size_t folder = end == nullptr ? 0 : static_cast<std::size_t>(end - library) + 1;
  for (const char* place : {"../bin/heaptape", "../../bin/heaptape", "../cli/heaptape", "heaptape"}) {
    const std::size_t length = strlen(place);
    if (folder == 0 || folder + length >= sizeof path) return false;
    memcpy(path, library, folder);
    memcpy(path + folder, place, length + 1);
    if (access(path, X_OK) == 0) return true;
  }
  return false;
}

struct Start {
  const char* command;
  char* const* arguments;
  char* const* environment;
  int answer_to;         // the descriptor that it keeps
  unsigned char* stack;  // of the second process
  int error = 0;         // errno of what failed
};

void* top_of(unsigned char* stack) noexcept { return stack + kStackBytes; }

// Both processes share our memory while we stand still. The first one only leaves the second without a parent: whoever
// adopts it is not the program, which refuses where it would be.
int become_drain(void* of) noexcept {
  auto& start = *static_cast<Start*>(of);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  fcntl(start.answer_to, F_SETFD, 0);  // descriptors are not shared: only the drain gets it
  execve(start.command, start.arguments, start.environment);
  start.error = errno;
  _exit(127);
}

int leave_an_orphan(void* of) noexcept {
  auto& start = *static_cast<Start*>(of);
  if (clone(become_drain, top_of(start.stack), CLONE_VM | CLONE_VFORK, of) < 0) start.error = errno;
  _exit(0);
}

// No signal handler of the program may run in the processes that share its memory. Answers an errno.
int start_orphan(Start& start) noexcept {
  auto* stacks = static_cast<unsigned char*>(map_some(2 * kStackBytes));
  if (stacks == nullptr) return ENOMEM;
  start.stack = stacks + kStackBytes;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // Exit signal 0: nobody is told, and only a wait that asks for such children sees it.
  const int first = clone(leave_an_orphan, top_of(stacks), CLONE_VM | CLONE_VFORK, &start);
  if (first < 0) start.error = errno;
  while (first >= 0 && syscall(SYS_wait4, first, nullptr, __WCLONE, nullptr) < 0 && errno == EINTR) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  munmap(stacks, 2 * kStackBytes);
  return start.error;
}

// What the drain says, terminated. False: nothing came, or not in time.
bool read_answer(int from, char (&answer)[512]) noexcept {
  std::size_t length = 0;
  for (;;) {
    pollfd wait_for{.fd = from, .events = POLLIN, .revents = 0};
    const long ready = syscall(SYS_poll, &wait_for, 1, kLongestAnswerMilliseconds);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const long bytes = syscall(SYS_read, from, answer + length, sizeof answer - 1 - length);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    length += static_cast<std::size_t>(bytes);
  }
  answer[length] = '\0';
  return length != 0;
}

// Why a drain can't be started here; null: nothing is known.
const char* why_not() noexcept {
  int adopts = 0;
  if (getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &adopts) == 0 && adopts != 0))
    return "it adopts orphaned processes, as process 1 does, so that the drain would become its child; start it with "
           "'heaptape record'";
  struct stat own, next;
  if (stat("/proc/self/ns/pid", &own) == 0 && stat("/proc/self/ns/pid_for_children", &next) == 0 &&
      own.st_ino != next.st_ino)
    return "its children live in another pid namespace; start it with 'heaptape record'";
  return nullptr;
}

void set(char (&text)[512], const char* value) noexcept {
  const std::size_t length = strnlen(value, sizeof text - 1);
  memcpy(text, value, length);
  text[length] = '\0';
}

void ask(Spawned& spawned, const char* command) noexcept {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return set(spawned.reason, "there is no descriptor left for a pipe");
  char pid[16], descriptor[16], program[4096];
  print_number(pid, static_cast<std::uint32_t>(getpid()));
  print_number(descriptor, static_cast<std::uint32_t>(ends[1]));
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  program[length > 0 ? length : 0] = '\0';
  char* const arguments[] = {
      const_cast<char*>("heaptape"), const_cast<char*>("drain"), pid, descriptor, program, nullptr};
  const Environment environment = copy_environment("LD_PRELOAD", kSessionVariable, 0);
  Start start{.command = command,
              .arguments = arguments,
              .environment = environment.entries,
              .answer_to = ends[1],
              .stack = nullptr};
  const int error = environment.entries == nullptr ? ENOMEM : start_orphan(start);
  close(ends[1]);
  char answer[512];
  if (error != 0)
    set(spawned.reason, "its drain could not be started");
  else if (!read_answer(ends[0], answer))
    set(spawned.reason, "its drain did not answer");
  else
    answer[0] == '!' ? set(spawned.reason, answer + 1) : set(spawned.session, answer);
  close(ends[0]);
  if (environment.entries != nullptr) munmap(environment.entries, environment.bytes);
}

}  // namespace

void spawn_drain(Spawned& spawned) noexcept {
  spawned.session[0] = spawned.reason[0] = '\0';
  if (const char* reason = why_not(); reason != nullptr) return set(spawned.reason, reason);
  char command[4096];
  if (!find_command(command))
    return set(spawned.reason, "the command 'heaptape' is not beside the library; name it with HEAPTAPE_DRAIN");
  ask(spawned, command);
}

void hand_down_session(const char* session) noexcept {
  Environment copy = copy_environment(kSessionVariable, kSessionVariable, 1);
  auto* entry = static_cast<char*>(map_some(sizeof kSessionVariable + strlen(session) + 1));
  if (copy.entries == nullptr || entry == nullptr) return;
  memcpy(entry, kSessionVariable, sizeof kSessionVariable - 1);
  entry[sizeof kSessionVariable - 1] = '=';
  memcpy(entry + sizeof kSessionVariable, session, strlen(session) + 1);
  copy.entries[copy.count] = entry;
  environ = copy.entries;
}

}  // namespace heaptape::guest
