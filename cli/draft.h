// A file that is made beside its place and comes into it when it is whole.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace heaptape::cli {

class Draft {
 public:
  explicit Draft(const std::string& place) : place_(place), path_(place + ".making") {}
  // Removes what has not come into its place.
  ~Draft() {
    std::error_code absent;
    std::filesystem::remove(path_, absent);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  const std::string& path() const { return path_; }
  // Throws std::system_error.
  void take_place() const { std::filesystem::rename(path_, place_); }

 private:
  std::string place_, path_;
};

}  // namespace heaptape::cli
