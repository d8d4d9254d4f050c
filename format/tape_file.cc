#include "format/tape_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace heaptape {
namespace {

[[noreturn]] void fail(int error, const std::string& path) {
  throw std::system_error(error, std::generic_category(), path);
}

// A device or FIFO is never removed; a link is, not what it leads to.
void remove_existing(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    fail(errno, path);
  }
  if (S_ISDIR(status.st_mode)) fail(EISDIR, path);
  if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) fail(EEXIST, path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail(errno, path);
}

int create(const std::string& path) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return descriptor;
    if (errno != EINTR) fail(errno, path);
  }
}

}  // namespace

TapeFile::TapeFile(const std::string& path, bool overwrite) {
  if (overwrite) remove_existing(path);
  descriptor_ = create(path);
  // So that `recover` leaves a tape alone that is still being written, and `wait` can wait for it. Where locks are not to
  // be had neither can be told.
  [[maybe_unused]] const int ignored = ::flock(descriptor_, LOCK_EX | LOCK_NB);
}

void TapeFile::announce_end() { [[maybe_unused]] const int ignored = ::flock(descriptor_, LOCK_UN); }

TapeFile::~TapeFile() { ::close(descriptor_); }

bool TapeFile::append(Bytes piece) {
  if (error_number_ != 0) return false;
  Bytes left = piece;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written > 0) {
      left = left.subspan(static_cast<std::size_t>(written));
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    error_number_ = written < 0 ? errno : EIO;
    error_ = std::generic_category().message(error_number_);
    // Should this fail too, the reader takes the torn tail for what it is.
    [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, static_cast<off_t>(bytes_));
    return false;
  }
  bytes_ += piece.size();
  return true;
}

}  // namespace heaptape
