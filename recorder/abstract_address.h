// Addresses of sockets that are no files: names in the abstract namespace, which no root folder hides.
//
// Under malloc, any thread; and beside the program. Anybody may take such a name, and anybody may connect to it: both
// ends look whose process is at the other one.
#pragma once

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace heaptape {

struct AbstractAddress {
  sockaddr_un address{};
  socklen_t bytes = 0;  // 0: the name is too long for one
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&address); }
};

inline AbstractAddress abstract_address(const char* name) noexcept {
  AbstractAddress made;
  const size_t length = strlen(name);
  if (length + 1 > sizeof made.address.sun_path) return made;
  made.address.sun_family = AF_UNIX;
  memcpy(made.address.sun_path + 1, name, length);  // behind a zero byte
  made.bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  return made;
}

// Whose process is at the other end. False: nobody knows.
inline bool peer_of(int connection, ucred& who) noexcept {
  socklen_t bytes = sizeof who;
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &bytes) == 0;
}

}  // namespace heaptape
