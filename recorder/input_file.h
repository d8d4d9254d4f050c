// A file that is open for reading, for as long as this lives.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace heaptape {

class InputFile {
 public:
  // `flags`: to open it with, beside O_RDONLY and O_CLOEXEC.
  explicit InputFile(const std::string& path, int flags = 0)
      : descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags)) {}
  ~InputFile() {
    if (descriptor >= 0) close(descriptor);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  const int descriptor;  // negative: it can't be opened, errno tells why
};

}  // namespace heaptape
