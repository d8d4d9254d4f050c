// A place for sessions of one test's own, so that what it leaves there is seen by no other.
#pragma once

#include <string>
#include <vector>

#include "tests/support/run_command.h"

namespace heaptape::testing {

class PrivatePlace {
 public:
  PrivatePlace();
  ~PrivatePlace();
  PrivatePlace(const PrivatePlace&) = delete;
  PrivatePlace& operator=(const PrivatePlace&) = delete;

  const std::string& path() const { return path_; }
  // For commands that are to use it.
  CommandOptions options() const;
  // Folders of the sessions in it.
  std::vector<std::string> sessions() const;

 private:
  std::string path_;
};

}  // namespace heaptape::testing
