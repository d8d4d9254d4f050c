#include "cli/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "format/tape_file.h"
#include "render/whole_file.h"

namespace heaptape::cli {

void require_no_file(const std::string& path, bool force, const std::string& input) {
  std::error_code absent;
  if (!input.empty() && std::filesystem::equivalent(path, input, absent) && !absent)
    throw Failure(kWrongUse, fmt::format("'{}' is the tape itself; choose another name with -o", path));
  struct stat there {};
  if (stat(path.c_str(), &there) != 0) return;
  if (S_ISDIR(there.st_mode)) throw Failure(kWrongUse, fmt::format("'{}' is a folder; name a file", path));
  // Renaming onto it would put a file in the place of /dev/null.
  if (!S_ISREG(there.st_mode))
    throw Failure(kWrongUse, fmt::format("'{}' is a device or a pipe, and the output has to be a file", path));
  if (!force) throw Failure(kWrongUse, fmt::format("'{}' exists; --force replaces it", path));
  if (is_being_recorded(path))
    throw Failure(kWrongUse, fmt::format("'{}' is being recorded; choose another name with -o", path));
}

void fail_to_write(const std::string& path, int error) {
  const bool no_room = error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO;
  throw Failure(no_room ? kRecordFailed : kWrongUse, UnwritableFile(path, error).what());
}

void write_output(const std::string& path, std::string_view bytes, bool force) {
  try {
    write_whole(path, bytes, force ? Existing::replace : Existing::keep);
  } catch (const UnwritableFile& unwritable) {
    fail_to_write(path, unwritable.error);
  }
}

OutputFile::OutputFile(const std::string& path, const std::string& input, bool force) : path_(path == "-" ? "" : path) {
  if (path_.empty()) return;
  struct stat there {};
  if (stat(path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode)) {
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    require_no_file(path_, force, input);
    draft_.emplace(path_);
    descriptor_ = open(draft_->path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }
  if (descriptor_ < 0) fail_to_write(path_, errno);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void OutputFile::write(std::string_view bytes) {
  if (path_.empty()) return put(bytes);
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_to_write(path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::finish() {
  if (path_.empty()) return;
  try {
    if (draft_) draft_->take_place();
  } catch (const std::system_error& error) {
    fail_to_write(path_, error.code().value());
  }
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (close(descriptor) != 0) fail_to_write(path_, errno);
}

}  // namespace heaptape::cli
