#include "recorder/drain/reserved_tape.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "format/tape_file.h"

namespace heaptape {

std::string why_irreplaceable(const std::string& path) {
  struct stat there {};
  if (stat(path.c_str(), &there) != 0) return {};
  if (!S_ISREG(there.st_mode))
    return fmt::format("'{}' is no file, and --force replaces files alone; choose another name with -o", path);
  if (is_being_recorded(path)) return fmt::format("'{}' is being recorded; choose another name with -o", path);
  return {};
}

ReservedTape::~ReservedTape() { let_go(); }

int ReservedTape::reserve(TapeNames& names, const RecordOptions& options, bool beside, std::string& why_not) {
  std::error_code failed;  // shows when the file is opened
  if (!options.output.empty() && options.output.back() == '/')
    std::filesystem::create_directories(options.output, failed);
  do {
    if (beside && !options.force) names.keep_existing();
    path_ = names.own();
    file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (file_ < 0 && errno == EEXIST && beside && !options.force);
  made_ = file_ >= 0;
  if (file_ < 0 && errno == EEXIST) {
    if (!options.force) {
      why_not = fmt::format("'{}' exists; choose another name with -o, or give --force to replace it", path_);
      return 2;
    }
    why_not = why_irreplaceable(path_);
    if (!why_not.empty()) return 2;
    file_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  }
  if (file_ < 0) {
    why_not = fmt::format("can't write the tape '{}': {}; choose another place {}", path_, strerror(errno),
                          beside ? "by HEAPTAPE_OUTPUT" : "with -o");
    return 125;
  }
  flock(file_, LOCK_EX | LOCK_NB);
  return 0;
}

void ReservedTape::let_go() {
  if (file_ >= 0) close(file_);
  file_ = -1;
}

void ReservedTape::remove() {
  if (made_) unlink(path_.c_str());
  let_go();
}

}  // namespace heaptape
