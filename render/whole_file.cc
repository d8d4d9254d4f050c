#include "render/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace heaptape {
namespace {

std::string sentence_on(const std::string& path, int error) {
  if (error == EEXIST) return fmt::format("'{}' exists; --force replaces it", path);
  return fmt::format("'{}' can't be written: {}; name another place", path, std::strerror(error));
}

[[noreturn]] void fail(const std::string& path, int error) { throw UnwritableFile(path, error); }

// Removes the file unless it was handed over.
class Draft {
 public:
  explicit Draft(const std::string& path)
      : path_(path), name_(path + ".XXXXXX"), descriptor_(mkostemp(name_.data(), O_CLOEXEC)) {
    if (descriptor_ < 0) fail(path_, errno);
  }
  ~Draft() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!handed_over_) unlink(name_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    // mkostemp makes private files; a picture is for whoever the user's umask lets see it.
    const mode_t mask = umask(0);
    umask(mask);
    if (fchmod(descriptor_, 0666 & ~mask) != 0) fail(path_, errno);
    const int closed = close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail(path_, errno);
  }

  void hand_over(Existing existing) {
    const unsigned flags = existing == Existing::keep ? RENAME_NOREPLACE : 0U;
    int done = renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path_.c_str(), flags);
    if (done != 0 && errno == EINVAL && flags != 0) {  // a file system without RENAME_NOREPLACE
      if (access(path_.c_str(), F_OK) == 0) fail(path_, EEXIST);
      done = std::rename(name_.c_str(), path_.c_str());
    }
    if (done != 0) fail(path_, errno);
    handed_over_ = true;
  }

 private:
  std::string path_, name_;
  int descriptor_;
  bool handed_over_ = false;
};

}  // namespace

UnwritableFile::UnwritableFile(const std::string& path, int error_number)
    : PictureError(sentence_on(path, error_number)), error(error_number) {}

void write_whole(const std::string& path, std::string_view bytes, Existing existing) {
  Draft draft(path);
  draft.write_all(bytes);
  draft.hand_over(existing);
}

}  // namespace heaptape
