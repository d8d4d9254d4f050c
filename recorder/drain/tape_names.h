// Where tapes go: NAME for the command itself, NAME.<pid>.<n>.tape for every other program image.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace heaptape {

class TapeNames {
 public:
  // `output`: a file, or a folder (ending in '/', or existing as one), or empty for the default
  // heaptape.<program>.<pid>.tape. `program`: base name of the command.
  TapeNames(const std::string& output, const std::string& program, std::uint32_t pid);

  const std::string& own() const { return own_; }  // the command's first image
  // The next image of `pid`; `image` is its number. The command's first one is own().
  std::string next(std::uint32_t pid, std::uint32_t& image);
  // From now on names of files that exist are passed over, the own one too.
  void keep_existing();
  // Deletes what an earlier session left under these names.
  void remove_family() const;

 private:
  std::string of(std::uint32_t pid, std::uint32_t image) const;

  std::string own_, stem_;
  std::uint32_t pid_;
  std::uint32_t first_ = 0;  // number of the image that has the own name
  bool keeps_existing_ = false;
  std::map<std::uint32_t, std::uint32_t> images_;  // by pid
};

}  // namespace heaptape
