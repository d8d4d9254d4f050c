#include "format/tape_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace heaptape {
namespace {

[[noreturn]] void refuse(int error, const std::string& path) {
  throw std::system_error(error, std::generic_category(), path);
}

// A device or FIFO is never removed; a link is, not what it leads to.
void remove_existing(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    refuse(errno, path);
  }
  if (S_ISDIR(status.st_mode)) refuse(EISDIR, path);
  if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) refuse(EEXIST, path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) refuse(errno, path);
}

int create(const std::string& path) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return descriptor;
    if (errno != EINTR) refuse(errno, path);
  }
}

}  // namespace

bool is_being_recorded(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  const bool is_held = ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(file);
  return is_held;
}

TapeFile::TapeFile(const std::string& path, bool overwrite) : path_(path) {
  if (overwrite) remove_existing(path);
  descriptor_ = create(path);
  // So that nobody puts another file in the place of a tape that is still being written, and `wait` can wait for it.
  // Where locks are not to be had neither can be told.
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
    fail(written < 0 ? errno : EIO);
    return false;
  }
  bytes_ += piece.size();
  return true;
}

void TapeFile::fail(int error) {
  error_number_ = error;
  error_ = std::generic_category().message(error_number_);
  // Should this fail too, the reader takes the torn tail for what it is.
  [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, static_cast<off_t>(bytes_));
}

bool TapeFile::append_from(const TapeFile& other, std::uint64_t offset, std::uint64_t bytes) {
  if (error_number_ != 0) return false;
  auto at = static_cast<off_t>(offset);
  for (std::uint64_t left = bytes; left > 0;) {
    const ssize_t sent = ::sendfile(descriptor_, other.descriptor_, &at, left);
    if (sent > 0) {
      left -= static_cast<std::uint64_t>(sent);
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    fail(sent < 0 ? errno : EIO);
    return false;
  }
  bytes_ += bytes;
  return true;
}

bool TapeFile::read(std::uint64_t offset, std::span<std::uint8_t> to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    offset += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

bool TapeFile::replace_by(TapeFile& fresh) {
  if (::rename(fresh.path_.c_str(), path_.c_str()) != 0) return false;
  std::swap(descriptor_, fresh.descriptor_);
  std::swap(bytes_, fresh.bytes_);
  return true;
}

}  // namespace heaptape
