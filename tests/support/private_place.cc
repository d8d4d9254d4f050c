#include "tests/support/private_place.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace heaptape::testing {

PrivatePlace::PrivatePlace() : path_("/dev/shm/heaptape-test.XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder in /dev/shm");
}

PrivatePlace::~PrivatePlace() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

CommandOptions PrivatePlace::options() const {
  return {.input = "", .folder = "", .environment = {"HEAPTAPE_SHM=" + path_}};
}

std::vector<std::string> PrivatePlace::sessions() const {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace heaptape::testing
