// The file under a writer: whole pieces are appended or not at all.
#pragma once

#include <cstdint>
#include <string>

#include "format/block.h"

namespace heaptape {

class TapeFile {
 public:
  // Creates the file, or replaces a regular one if `overwrite`: readers of the old one keep it.
  // Throws std::system_error.
  TapeFile(const std::string& path, bool overwrite);
  ~TapeFile();
  TapeFile(const TapeFile&) = delete;
  TapeFile& operator=(const TapeFile&) = delete;

  // False once something could not be written: the file then ends with the last whole piece.
  bool append(Bytes piece);
  // Until then the file is locked, so that others can wait for its end.
  void announce_end();
  std::uint64_t bytes() const { return bytes_; }
  const std::string& error() const { return error_; }
  int error_number() const { return error_number_; }

 private:
  int descriptor_;
  int error_number_ = 0;
  std::uint64_t bytes_ = 0;
  std::string error_;
};

}  // namespace heaptape
