#include "recorder/control/address.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "recorder/control/message.h"

namespace heaptape {

ControlAddress::ControlAddress(const std::string& folder) {
  address_.sun_family = AF_UNIX;
  std::string path = folder + "/" + kControlSocket;
  if (path.size() >= sizeof address_.sun_path) {
    folder_ = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    path = "/proc/self/fd/" + std::to_string(folder_) + "/" + kControlSocket;
  }
  memcpy(address_.sun_path, path.c_str(), path.size() + 1);
}

ControlAddress::~ControlAddress() {
  if (folder_ >= 0) close(folder_);
}

}  // namespace heaptape
