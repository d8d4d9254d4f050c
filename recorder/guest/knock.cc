#include "recorder/guest/knock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "recorder/abstract_address.h"

namespace heaptape::guest {
namespace {

// A name that nobody can delete may be taken by another once the drain is dead: only the system's and our own user's
// processes are believed.
bool is_trusted(int socket) noexcept {
  ucred other;
  return peer_of(socket, other) && (other.uid == 0 || other.uid == geteuid());
}

bool receive(int socket, LetIn& let_in) noexcept {
  int descriptors[2];
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof descriptors)];
  char byte;
  iovec content{&byte, 1};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  ssize_t got;
  do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  const cmsghdr* rights = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(sizeof descriptors))
    return false;
  memcpy(descriptors, CMSG_DATA(rights), sizeof descriptors);
  let_in = {.directory = descriptors[0], .mapping = descriptors[1]};
  return true;
}

}  // namespace

bool knock(const char* session, LetIn& let_in) noexcept {
  const AbstractAddress address = abstract_address(session);
  if (address.bytes == 0) return false;
  const int door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (door < 0) return false;
  const timeval longest{.tv_sec = 2, .tv_usec = 0};
  setsockopt(door, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  const bool open = connect(door, address.get(), address.bytes) == 0 && is_trusted(door) && receive(door, let_in);
  close(door);
  return open;
}

}  // namespace heaptape::guest
