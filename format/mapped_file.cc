#include "format/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "format/file_descriptor.h"
#include "format/reader.h"

namespace heaptape {
namespace {

TapeError unreadable(const std::string& path, int error) {
  return TapeError(TapeError::Reason::unreadable,
                   path + " can't be read: " + std::generic_category().message(error) + "; check its permissions");
}

int open_tape(const std::string& path) {
  // Non-blocking, so that a FIFO is refused instead of waited for.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) return descriptor;
  if (errno == ENOENT || errno == ENOTDIR) {
    throw TapeError(TapeError::Reason::missing, path + " does not exist; record it with 'heaptape record'");
  }
  throw unreadable(path, errno);
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const FileDescriptor file(open_tape(path));
  struct stat status {};
  if (::fstat(file.number, &status) != 0) throw unreadable(path, errno);
  if (S_ISDIR(status.st_mode)) {
    throw TapeError(TapeError::Reason::unreadable, path + " is a directory; name one of the tapes in it");
  }
  if (!S_ISREG(status.st_mode)) {
    throw TapeError(TapeError::Reason::unreadable, path + " is not a regular file; name a tape on disk");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return;
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (mapped == MAP_FAILED && errno == ENOMEM)
    throw TapeError(TapeError::Reason::unreadable,
                    path + " finds no room in the address space that there is; raise its limit (ulimit -v)");
  if (mapped == MAP_FAILED) throw unreadable(path, errno);
  bytes_ = {static_cast<const std::uint8_t*>(mapped), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

}  // namespace heaptape
