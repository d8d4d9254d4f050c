#include "recorder/drain/control_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "recorder/abstract_address.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostSilent = 16;
constexpr int kMostAccepted = 64;  // in a round
constexpr std::uint64_t kLongestSilenceNs = 5'000'000'000;

bool may_ask(int connection) {
  ucred who;
  return peer_of(connection, who) && (who.uid == 0 || who.uid == geteuid());
}

}  // namespace

Asker::Asker(Asker&& other) noexcept : connection_(std::exchange(other.connection_, -1)) {}
Asker& Asker::operator=(Asker&& other) noexcept {
  std::swap(connection_, other.connection_);
  return *this;
}
Asker::~Asker() {
  if (connection_ >= 0) close(connection_);
}

void Asker::answer(const Answer& answer) {
  const std::string message = to_message(answer).substr(0, kMaxControlBytes);
  // Whoever does not listen any more gets none.
  [[maybe_unused]] const ssize_t sent = send(connection_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

ControlSocket::ControlSocket(const std::string& name) {
  const AbstractAddress address = abstract_address(name.c_str());
  socket_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) return;
  if (bind(socket_, address.get(), address.bytes) == 0 && listen(socket_, kMostSilent) == 0) return;
  close(std::exchange(socket_, -1));
}

ControlSocket::~ControlSocket() {
  if (socket_ >= 0) close(socket_);
}

std::vector<ControlSocket::Request> ControlSocket::take(std::uint64_t now_ns) {
  std::vector<Request> requests;
  if (socket_ < 0) return requests;
  for (int accepted = 0; accepted < kMostAccepted && silent_.size() < kMostSilent; ++accepted) {
    const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) break;
    Asker asker(connection);
    if (may_ask(connection)) silent_.push_back({std::move(asker), now_ns});
  }
  std::erase_if(silent_, [&](Silent& one) {
    std::string message(kMaxControlBytes, '\0');
    const ssize_t bytes = recv(one.asker.connection(), message.data(), message.size(), MSG_DONTWAIT);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return now_ns - one.since_ns > kLongestSilenceNs;
    if (bytes > 0) {
      message.resize(static_cast<std::size_t>(bytes));
      requests.push_back({std::move(one.asker), words_of(message)});
    }
    return true;
  });
  return requests;
}

}  // namespace heaptape
