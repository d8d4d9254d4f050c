// The other way into a session, for programs that can't open its folder: they gave up rights, or /dev/shm is another
// one where they live.
#pragma once

namespace heaptape::guest {

struct LetIn {
  int directory = -1, mapping = -1;  // descriptors: the session's directory, and a mapping claimed for this program
};

// Asks the drain's socket. Answers whether it let us in.
bool knock(const char* session, LetIn& let_in) noexcept;

}  // namespace heaptape::guest
