// Where programs join that can't open the session's folder: a socket that needs no file. Descendants are let in
// whatever user they run as by now, others only if they are the drain's own user's.
#pragma once

#include <cstdint>
#include <string>

#include "recorder/drain/session.h"

namespace heaptape {

class Door {
 public:
  // Where the socket can't be had, there is no door. `root`: whose descendants may join, beside the drain's own.
  Door(const std::string& folder, std::uint32_t root);
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // Serves who has knocked. Answers how many were not let in.
  std::uint32_t answer(Session& session);

 private:
  bool may_enter(int guest) const;

  int socket_ = -1;
  std::uint32_t root_;
};

}  // namespace heaptape
