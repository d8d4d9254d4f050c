// A folder for one test's tapes, and verbs that damage them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heaptape {

using FileBytes = std::vector<std::uint8_t>;

class TapeFolder {
 public:
  TapeFolder();
  ~TapeFolder();
  TapeFolder(const TapeFolder&) = delete;
  TapeFolder& operator=(const TapeFolder&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  // Writes the bytes as file `name` and answers its path.
  std::string put(const std::string& name, const FileBytes& bytes) const;

 private:
  std::string folder_;
};

FileBytes read_bytes(const std::string& path);
FileBytes cut_at(FileBytes bytes, std::size_t size);
FileBytes flip_bit(FileBytes bytes, std::size_t bit);

}  // namespace heaptape
