// An open file's descriptor, closed when this goes.
#pragma once

#include <unistd.h>

namespace heaptape {

class FileDescriptor {
 public:
  // Negative: nothing is open.
  explicit FileDescriptor(int opened) : number(opened) {}
  ~FileDescriptor() {
    if (number >= 0) close(number);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  const int number;
};

}  // namespace heaptape
