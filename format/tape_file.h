// The file under a writer: whole pieces are appended or not at all.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "format/block.h"

namespace heaptape {

// Whether the file at `path` is a tape that is being written: it is locked until its writer ends, or dies. False where
// there is none, or where locks are not to be had.
bool is_being_recorded(const std::string& path);

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
  // Appends a piece of another one, as it is there. As above.
  bool append_from(const TapeFile& other, std::uint64_t offset, std::uint64_t bytes);
  // Reads what was appended. False: it can't be read any more.
  [[nodiscard]] bool read(std::uint64_t offset, std::span<std::uint8_t> to) const;
  // Puts `fresh` in this one's place, at one instant; who waits for the end goes on to it. False: nothing has changed;
  // errno tells why.
  [[nodiscard]] bool replace_by(TapeFile& fresh);
  // Ends the file here: nothing is appended any more.
  void fail(int error);
  // Until then the file is locked, so that others can wait for its end.
  void announce_end();
  std::uint64_t bytes() const { return bytes_; }
  const std::string& error() const { return error_; }
  int error_number() const { return error_number_; }

 private:
  std::string path_;
  int descriptor_;
  int error_number_ = 0;
  std::uint64_t bytes_ = 0;
  std::string error_;
};

}  // namespace heaptape
