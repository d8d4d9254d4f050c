// The control socket's address. A path in it has at most 107 bytes, so a longer one goes through a descriptor of its
// folder.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

namespace heaptape {

class ControlAddress {
 public:
  explicit ControlAddress(const std::string& folder);
  ~ControlAddress();
  ControlAddress(const ControlAddress&) = delete;
  ControlAddress& operator=(const ControlAddress&) = delete;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return sizeof address_; }

 private:
  sockaddr_un address_{};
  int folder_ = -1;
};

}  // namespace heaptape
