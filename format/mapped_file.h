// A file mapped for reading, at the size it had when it was opened.
#pragma once

#include <string>

#include "format/block.h"

namespace heaptape {

class MappedFile {
 public:
  // Throws TapeError: missing, or unreadable.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace heaptape
