#include "recorder/drain/door.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "recorder/abstract_address.h"
#include "recorder/drain/proc.h"

namespace heaptape {
namespace {

bool hand_over(int guest, const Session::Claim& claim) {
  const int descriptors[] = {claim.directory, claim.mapping};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof descriptors)] = {};
  char byte = 0;
  iovec content{&byte, 1};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof descriptors);
  memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
  return sendmsg(guest, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

bool is_descendant(std::uint32_t pid, std::uint32_t of, std::uint32_t or_of) {
  constexpr int kMostGenerations = 1000;
  for (int i = 0; i < kMostGenerations && pid > 1; ++i) {
    if (pid == of || pid == or_of) return true;
    pid = parent_of(pid);
  }
  return false;
}

}  // namespace

Door::Door(const std::string& folder, std::uint32_t root) : root_(root) {
  constexpr int kMostWaiting = 64;
  const AbstractAddress address = abstract_address(folder.c_str());
  if (address.bytes == 0) return;
  socket_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ >= 0 && bind(socket_, address.get(), address.bytes) == 0 && listen(socket_, kMostWaiting) == 0) return;
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

Door::~Door() {
  if (socket_ >= 0) close(socket_);
}

bool Door::may_enter(int guest) const {
  ucred who;
  if (!peer_of(guest, who)) return false;
  // It waits for the answer, so its pid is its own.
  return who.uid == geteuid() ||
         is_descendant(static_cast<std::uint32_t>(who.pid), static_cast<std::uint32_t>(getpid()), root_);
}

std::uint32_t Door::answer(Session& session) {
  std::uint32_t refused = 0;
  for (int guest; socket_ >= 0 && (guest = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; close(guest)) {
    if (!may_enter(guest)) continue;
    const Session::Claim claim = session.claim();
    if (claim.mapping < 0 || !hand_over(guest, claim)) ++refused;
    if (claim.directory >= 0) close(claim.directory);
    if (claim.mapping >= 0) close(claim.mapping);
  }
  return refused;
}

}  // namespace heaptape
