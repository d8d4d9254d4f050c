#include "recorder/recover/rewritten.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "format/keeper.h"
#include "format/tape_file.h"
#include "recorder/recover/recover.h"

namespace heaptape {

Rewritten::~Rewritten() {
  if (!path_.empty()) unlink(beside().c_str());
}

void Rewritten::put_in_place() {
  // Shared memory goes once this is in place, so it must be on the disk.
  if (const int file = open(beside().c_str(), O_RDONLY | O_CLOEXEC); file >= 0) {
    fsync(file);
    close(file);
  }
  struct stat before;  // the new one is as open to others as the old one
  if (stat(path_.c_str(), &before) == 0) chmod(beside().c_str(), before.st_mode & 07777);
  if (rename(beside().c_str(), path_.c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "can't replace '" + path_ + "'");
  unlink((path_ + kDraftSuffix).c_str());  // of a drain that died while it wrote the tape anew (--keep)
  path_.clear();
}

void require_abandoned(const std::string& tape) {
  if (is_being_recorded(tape))
    throw RecoverError(RecoverError::Reason::still_running,
                       "'" + tape + "' is still being recorded; there is nothing to recover");
}

}  // namespace heaptape
