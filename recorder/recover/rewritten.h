// A tape that is being written beside the one that it will replace.
#pragma once

#include <string>
#include <utility>

namespace heaptape {

class Rewritten {
 public:
  explicit Rewritten(std::string path) : path_(std::move(path)) {}
  Rewritten(Rewritten&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  Rewritten& operator=(Rewritten&&) = delete;
  ~Rewritten();  // removes it if it was not put in place

  const std::string& path() const { return path_; }
  std::string beside() const { return path_ + ".recovering"; }
  // Throws std::system_error.
  void put_in_place();

 private:
  std::string path_;
};

// Throws RecoverError if the tape is being written by a drain that lives.
void require_abandoned(const std::string& tape);

}  // namespace heaptape
