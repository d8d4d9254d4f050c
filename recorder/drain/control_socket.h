// The drain's end of the control socket. Never waits: it is looked at once a round. Only the drain's own user and root
// are listened to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recorder/control/message.h"

namespace heaptape {

// Somebody who waits for an answer. Closed when it goes away, answered or not.
class Asker {
 public:
  explicit Asker(int connection) : connection_(connection) {}
  Asker(Asker&& other) noexcept;
  Asker& operator=(Asker&& other) noexcept;
  ~Asker();

  int connection() const { return connection_; }
  void answer(const Answer& answer);

 private:
  int connection_;
};

class ControlSocket {
 public:
  // Where the socket can't be had, recording goes on and nobody can ask.
  explicit ControlSocket(const std::string& name);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  struct Request {
    Asker asker;
    std::vector<std::string> words;
  };
  // What has come since the last call.
  std::vector<Request> take(std::uint64_t now_ns);

 private:
  struct Silent {
    Asker asker;
    std::uint64_t since_ns;
  };
  int socket_ = -1;
  std::vector<Silent> silent_;  // connected, and have not asked yet
};

}  // namespace heaptape
