#include "recorder/drain/session_notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <system_error>

namespace heaptape {
namespace {

constexpr std::uint64_t kNotesMagic = 0x3173'6574'6f6e'7468;  // "htnotes1"
constexpr std::size_t kMostBytes = 16 * 1024;

struct Front {
  std::uint64_t magic;
  std::uint32_t pid;
  std::uint32_t own_bytes;  // the path follows, then the program's name
};

// A folder of mode 0700 that belongs to this user: nobody else can have put anything into it.
bool is_ours(const std::string& folder) {
  struct stat status;
  return lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
         (status.st_mode & 077) == 0;
}

std::string notes_of(const std::string& folder) { return folder + "/" + kNotesName; }

// A lock of the open file, not of the process: it ends with the drain, and with nothing else.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool take_lock(int file) {
  struct flock lock = whole_file();
  return fcntl(file, F_OFD_SETLK, &lock) == 0;
}

}  // namespace

int write_notes(const std::string& folder, const SessionNotes& notes) {
  const Front front{kNotesMagic, notes.pid, static_cast<std::uint32_t>(notes.own.size())};
  const std::string all = std::string(reinterpret_cast<const char*>(&front), sizeof front) + notes.own + notes.program;
  // They get their name when they are whole and locked.
  const std::string path = notes_of(folder), unfinished = path + ".new";
  const int file = open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0 && take_lock(file) && write(file, all.data(), all.size()) == static_cast<ssize_t>(all.size()) &&
      rename(unfinished.c_str(), path.c_str()) == 0)
    return file;
  const int reason = errno == 0 ? ENOSPC : errno;
  if (file >= 0) close(file);
  unlink(unfinished.c_str());
  throw std::system_error(reason, std::generic_category(), "can't write " + path);
}

std::optional<FoundNotes> read_notes(const std::string& folder) {
  if (!is_ours(folder)) return std::nullopt;
  const int file = open(notes_of(folder).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return std::nullopt;
  std::string all(kMostBytes, '\0');
  const ssize_t bytes = ::read(file, all.data(), all.size());
  Front front;
  if (bytes >= static_cast<ssize_t>(sizeof front)) {
    all.resize(static_cast<std::size_t>(bytes));
    std::memcpy(&front, all.data(), sizeof front);
    if (front.magic == kNotesMagic && front.own_bytes <= all.size() - sizeof front) {
      FoundNotes found{
          {all.substr(sizeof front, front.own_bytes), all.substr(sizeof front + front.own_bytes), front.pid}};
      if (take_lock(file))
        found.lock = file;
      else
        close(file);
      return found;
    }
  }
  close(file);
  return std::nullopt;
}

bool is_orphan(const std::string& folder) {
  if (!is_ours(folder)) return false;
  const int file = open(notes_of(folder).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return false;
  struct flock lock = whole_file();
  const bool is_free = fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
  close(file);
  return is_free;
}

}  // namespace heaptape
