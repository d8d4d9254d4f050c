// heaptape wait TAPE… : returns when nobody writes them any more.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "format/reader.h"

namespace heaptape::cli {
namespace wait_command {
namespace {

// Whether the path still leads to the open file: a reserved place is replaced when the tape begins.
bool is_still_at(int file, const std::string& path) {
  struct stat open_one, there;
  return fstat(file, &open_one) == 0 && stat(path.c_str(), &there) == 0 && open_one.st_ino == there.st_ino &&
         open_one.st_dev == there.st_dev;
}

// Whoever writes a tape holds a lock on it, which ends with the tape, or with the writer's death.
void await(const std::string& path) {
  for (;;) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw Failure(kBadTape, fmt::format("{}: {}", path, std::strerror(errno)));
    int locked;
    do locked = flock(file, LOCK_SH);
    while (locked != 0 && errno == EINTR);
    const bool done = is_still_at(file, path);
    close(file);
    if (done) return;
  }
}

void run(const std::vector<std::string>& tapes) {
  bool cut = false;
  for (const std::string& path : tapes) {
    await(path);
    const TapeReader tape(path);
    if (tape.condition() != Condition::cut) continue;
    complain(fmt::format("{} has no end: its recorder was killed", path));
    cut = true;
  }
  if (cut) throw Exit{kInexact};
}

}  // namespace
}  // namespace wait_command

void add_wait(Arguments& heaptape) {
  using namespace wait_command;
  auto tapes = std::make_shared<std::vector<std::string>>();
  Arguments& command = heaptape.subcommand("wait", "Return when these tapes are whole, or nobody writes them any more");
  command.texts("tape", "TAPE", *tapes, "The tapes to wait for", Arguments::Need::required);
  command.on_run([tapes] { run(*tapes); });
}

}  // namespace heaptape::cli
